// Books → elements of the page. Text is only ever set as text, never as HTML.

const euros = new Intl.NumberFormat("en", { style: "currency", currency: "EUR" });
const RETRIES_MS = [4000, 12000, 24000]; // a new book's cover is drawn within seconds

export const price = (cents) => euros.format(cents / 100);

/** A card of the catalog; `owned` books cannot be ordered again. */
export function bookCard(book, { owned, signedIn, onOrder, onOpen }) {
  const card = document.getElementById("book-card").content.cloneNode(true).firstElementChild;
  card.dataset.slug = book.slug;
  showCover(card.querySelector(".cover"), book);
  const title = card.querySelector(".title");
  title.textContent = book.title;
  title.addEventListener("click", () => onOpen(book));
  card.querySelector(".author").textContent = book.author;
  card.querySelector(".price").textContent = price(book.price_cents);
  const order = card.querySelector(".order");
  order.setAttribute("aria-label", `Order ${book.title}`);
  if (!signedIn) order.setAttribute("aria-label", `Sign in to order ${book.title}`);
  if (owned) order.replaceWith(ownedNote());
  order.addEventListener("click", () => onOrder(book, order));
  return card;
}

/** A book on the reader's shelf. */
export function shelfItem(book, { onOpen }) {
  const item = document.createElement("li");
  item.dataset.slug = book.slug;
  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-label", `Read ${book.title}`);
  button.title = book.title;
  const cover = document.createElement("img");
  cover.width = 300;
  cover.height = 400;
  showCover(cover, book);
  button.append(cover);
  button.addEventListener("click", () => onOpen(book));
  item.append(button);
  return item;
}

function ownedNote() {
  const note = document.createElement("span");
  note.className = "owned";
  note.textContent = "On your shelf";
  return note;
}

/** The cover, or a blank one until it has been drawn. */
function showCover(image, book) {
  let attempt = 0;
  image.alt = `Cover of ${book.title}`;
  const load = () => {
    const trial = new Image();
    trial.onload = () => (image.src = trial.src);
    trial.onerror = () => {
      image.src = "/blank-cover.svg";
      if (attempt < RETRIES_MS.length) setTimeout(load, RETRIES_MS[attempt++]);
    };
    trial.src = attempt ? `${book.cover_url}?attempt=${attempt}` : book.cover_url;
  };
  load();
}
