// Who is signed in: asks Cognito for tokens, and keeps them until the tab is closed.

import { config } from "./config.js";

const KEY = "magicbook.session";

/** {email, token, expires} or null; an expired one is forgotten. */
export function session() {
  const kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  if (kept && kept.expires > Date.now()) return kept;
  sessionStorage.removeItem(KEY);
  return null;
}

/** Signs in. Throws an Error whose message is meant for people. */
export async function signIn(email, password) {
  const result = await ask(email, password);
  if (!result.AuthenticationResult) {
    throw new Error("This account needs one more step (a new password, perhaps) that this page does not know.");
  }
  const { AccessToken: token, ExpiresIn: seconds } = result.AuthenticationResult;
  sessionStorage.setItem(KEY, JSON.stringify({ email, token, expires: Date.now() + seconds * 1000 }));
}

export function signOut() {
  sessionStorage.removeItem(KEY);
}

async function ask(email, password) {
  const { cognitoEndpoint, userPoolClientId } = await config();
  let answer;
  try {
    answer = await fetch(`${cognitoEndpoint}/`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "AWSCognitoIdentityProviderService.InitiateAuth",
      },
      body: JSON.stringify({
        AuthFlow: "USER_PASSWORD_AUTH",
        ClientId: userPoolClientId,
        AuthParameters: { USERNAME: email, PASSWORD: password },
      }),
    });
  } catch {
    throw new Error("Signing in is not possible right now. Try again in a moment.");
  }
  const content = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(explain(content.__type ?? ""));
  return content;
}

function explain(type) {
  const name = type.split("#").pop();
  if (name === "NotAuthorizedException" || name === "UserNotFoundException") {
    return "E-mail and password do not fit together."; // never says which of them is wrong
  }
  if (name === "TooManyRequestsException") return "Too many attempts. Wait a moment and try again.";
  if (name === "UserNotConfirmedException") return "This address is not confirmed yet. Look into your mail.";
  return "Signing in is not possible right now. Try again in a moment.";
}
