"""IAM: UpdateRole. Upstream takes what is not given for what shall be empty: a new duration wipes the description."""

from typing import Any

from homeport.local.control.seams.replace import replace


def apply() -> None:
    from moto.core.responses import EmptyResult
    from moto.iam.responses import IamResponse

    @replace(IamResponse, "update_role")
    def update(_: Any, response: Any) -> Any:
        role = response.backend.get_role(response._get_param("RoleName"))
        description, duration = response._get_param("Description"), response._get_param("MaxSessionDuration")
        response.backend.update_role(
            role.name,
            role.description if description is None else description,
            role.max_session_duration if duration is None else duration,
        )
        return EmptyResult()
