// The one API: books, shelf, orders, quotes. Every Error that it throws has a message meant for people.

import { config } from "./config.js";
import { session, signOut } from "./session.js";

/** The session has ended: the reader has to sign in again. */
export class SignedOut extends Error {}

export const listBooks = async () => (await call("GET", "/books")).books;
export const readBook = (slug) => call("GET", `/books/${encodeURIComponent(slug)}`);
export const listShelf = async () => (await call("GET", "/shelf")).books;
export const placeOrder = (slug) => call("POST", "/orders", { book: slug });
export const quote = (books) => call("POST", "/quotes", { books: books.map(({ price_cents }) => ({ price_cents })) });

async function call(method, path, content) {
  const headers = {};
  const reader = session();
  if (reader) headers.Authorization = `Bearer ${reader.token}`;
  if (content) headers["Content-Type"] = "application/json";
  let answer;
  try {
    const { apiUrl } = await config();
    answer = await fetch(apiUrl + path, { method, headers, body: content && JSON.stringify(content) });
  } catch {
    throw new Error("MagicBook cannot be reached. Is the platform running, and are you online?");
  }
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  if (answer.status === 401) {
    signOut();
    throw new SignedOut("You have been signed out. Please sign in again.");
  }
  throw new Error(found.error ?? `Something went wrong on our side (${answer.status}). Try again in a moment.`);
}
