import { me, place } from "../state/app";
import { navigate } from "../lib/router";
import { post } from "../net/rpc";
import { closeLink } from "../net/link";
import type { Place, User } from "../net/types";
import { dropPush } from "./push";
import { connect, wasConnected } from "./start";

/** After place.setup, place.join or session.login: the cookie is set, so connect and go on. A page that was
 * connected as somebody starts anew, so that nothing of theirs is left in it. */
export function signedIn(user: User, to = "/"): void {
  if (wasConnected()) return location.assign(to);
  closeLink();
  me.value = user;
  connect();
  void loadPlace();
  navigate(to, { replace: true });
}

/** The name and the limits of this place; false when the server does not answer. */
export async function loadPlace(): Promise<boolean> {
  try {
    place.value = await post<Place>("place.get", {});
    return true;
  } catch {
    return false;
  }
}

/** Ends the session here; drafts and what waits to be sent stay on this device. */
export async function logOut(): Promise<void> {
  await dropPush();
  await post("session.logout", {});
  closeLink();
  location.assign("/login");
}
