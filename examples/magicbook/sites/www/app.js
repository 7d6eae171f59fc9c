// The page: shows books and shelf, and what happens when somebody presses a button.

import { SignedOut, listBooks, listShelf, placeOrder, quote, readBook } from "./api.js";
import { bookCard, price, shelfItem } from "./books.js";
import { session, signIn, signOut } from "./session.js";

const element = (id) => document.getElementById(id);
let books = [];
let shelf = [];
let wanted = null; // the book whose order made the reader sign in

async function refresh() {
  element("trouble").hidden = true;
  try {
    [books, shelf] = await Promise.all([listBooks(), session() ? listShelf() : []]);
  } catch (error) {
    if (error instanceof SignedOut) return refresh(); // signed out by now: the books are still for everyone
    showTrouble(error);
  }
  show();
}

function show() {
  const reader = session();
  const owned = new Set(shelf.map((book) => book.slug));
  element("reader").textContent = reader?.email ?? "";
  element("reader").hidden = element("sign-out").hidden = element("shelf-section").hidden = !reader;
  element("sign-in").hidden = Boolean(reader);
  element("shelf-empty").hidden = shelf.length > 0;
  element("shelf").replaceChildren(...shelf.map((book) => shelfItem(book, { onOpen: open })));
  element("catalog").replaceChildren(
    ...books.map((book) =>
      bookCard(book, { owned: owned.has(book.slug), signedIn: Boolean(reader), onOrder: order, onOpen: open }),
    ),
  );
  element("catalog").setAttribute("aria-busy", "false");
  showQuote(books.filter((book) => !owned.has(book.slug)));
}

async function showQuote(missing) {
  const line = element("quote");
  line.hidden = true;
  if (missing.length < 2) return;
  try {
    const offer = await quote(missing);
    const full = offer.discount_percent ? ` instead of ${price(offer.full_price_cents)}` : "";
    line.textContent = `All ${offer.copies} that you do not have yet, together: ${price(offer.price_cents)}${full}.`;
    line.hidden = false;
  } catch {
    // a page without this line is better than a page with an error about it
  }
}

async function order(book, button) {
  if (!session()) {
    wanted = book;
    return askToSignIn();
  }
  button.disabled = true;
  try {
    await placeOrder(book.slug);
    notify(`${book.title} is on your shelf. The receipt is in your mail.`);
    await refresh();
    element("shelf").querySelector(`[data-slug="${CSS.escape(book.slug)}"] button`)?.focus(); // the button pressed is gone
  } catch (error) {
    button.disabled = false;
    if (error instanceof SignedOut) {
      wanted = book;
      await refresh();
      return askToSignIn(error.message);
    }
    notify(error.message);
  }
}

async function open(book) {
  try {
    const found = await readBook(book.slug);
    element("book-title").textContent = found.title;
    element("book-author").textContent = `by ${found.author}`;
    element("book-pages").replaceChildren(...found.pages.map(page));
    element("book-dialog").showModal();
  } catch (error) {
    notify(error.message);
  }
}

function page(text) {
  const item = document.createElement("li");
  item.textContent = text;
  return item;
}

function askToSignIn(why = "") {
  element("sign-in-error").textContent = why;
  element("sign-in-dialog").showModal();
  element("email").focus();
}

async function submitSignIn(event) {
  event.preventDefault();
  const { email, password } = event.target.elements;
  const missing = [email, password].find((field) => !field.validity.valid);
  if (missing) {
    element("sign-in-error").textContent = missing === email ? "Fill in your e-mail address." : "Fill in your password.";
    return missing.focus();
  }
  const button = event.target.querySelector("[type=submit]");
  button.disabled = true;
  try {
    await signIn(email.value.trim(), password.value);
    event.target.reset();
    element("sign-in-dialog").close();
    await refresh();
    notify(wanted ? `Welcome back! Now you can order ${wanted.title}.` : "Welcome back!");
    wanted = null;
  } catch (error) {
    element("sign-in-error").textContent = error.message;
    password.select();
    password.focus();
  } finally {
    button.disabled = false;
  }
}

function notify(text) {
  const notice = element("notice");
  notice.textContent = text;
  clearTimeout(notify.timer);
  notify.timer = setTimeout(() => (notice.textContent = ""), 8000);
}

function showTrouble(error) {
  const again = document.createElement("button");
  again.type = "button";
  again.textContent = "Try again";
  again.className = "quiet";
  again.addEventListener("click", refresh);
  element("trouble").replaceChildren(error.message, " ", again);
  element("trouble").hidden = false;
}

element("sign-in").addEventListener("click", () => askToSignIn());
element("sign-in-form").addEventListener("submit", submitSignIn);
element("sign-out").addEventListener("click", () => {
  signOut();
  shelf = [];
  show();
  notify("You are signed out. Sleep well.");
});
for (const button of document.querySelectorAll("[data-close]")) {
  button.addEventListener("click", () => button.closest("dialog").close());
}
refresh();
