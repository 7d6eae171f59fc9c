// /homeport.json, written by the platform → where this page finds its API and its users.

let loading;

/** {apiUrl, region, userPoolClientId, cognitoEndpoint}; asked for once. */
export function config() {
  loading ??= load().catch((error) => {
    loading = undefined; // the next call may be luckier
    throw error;
  });
  return loading;
}

async function load() {
  const answer = await fetch("/homeport.json", { cache: "no-cache" });
  if (!answer.ok) throw new Error(`/homeport.json: ${answer.status}`);
  const found = await answer.json();
  return {
    apiUrl: withoutSlash(found.apiUrl),
    userPoolClientId: found.userPoolClientId,
    cognitoEndpoint: withoutSlash(found.cognitoEndpoint ?? `https://cognito-idp.${found.region}.amazonaws.com`),
  };
}

function withoutSlash(url) {
  return url.replace(/\/+$/, "");
}
