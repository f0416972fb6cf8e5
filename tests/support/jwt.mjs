// jwt: connection tokens of a test's own making, for people an application knows and this place does not.
import { createHmac } from "node:crypto";

/** A token (HS256) with these claims, good for an hour. */
export function jwt(claims, secret) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "HS256", typ: "JWT" })}.${part({ exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}
