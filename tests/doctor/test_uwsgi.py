"""uwsgi's ini files → where it listens."""

from homeport.doctor.project import Project
from homeport.doctor.uwsgi import find_sockets


def test_sockets_are_read_with_their_places() -> None:
    texts = {
        "Procfile": "web: uwsgi conf/uwsgi.ini\n",
        "conf/uwsgi.ini": "[uwsgi]\r\n; socket = x\r\nsocket = /tmp/x \r\n",
    }
    project = Project(texts)
    (socket,) = find_sockets(project, project.commands[0])
    assert (socket.file, socket.line, socket.key, socket.value) == ("conf/uwsgi.ini", 3, "socket", "/tmp/x")
    assert texts[socket.file][socket.start : socket.end] == "socket = /tmp/x"
