import { post } from "../net/rpc";
import type { User } from "../net/types";

export interface Entered {
  token: string;
  expires: number;
  user: User;
  /** Of set-up only: the first invite link, shown nowhere else. */
  invite_url?: string;
}

const INVITE = "snug.invite_url";

/** Makes the first admin with the secret of the set-up link. errors: 400 when somebody did so before. */
export async function setUp(secret: string, place: string, display: string, password: string): Promise<Entered> {
  const entered = await post<Entered>("place.setup", { secret, place, display, password });
  if (entered.invite_url) sessionStorage.setItem(INVITE, entered.invite_url);
  return entered;
}

/** Comes in by an invite link. errors: 400 with field "code" when it is used up or has ended. */
export const join = (code: string, display: string, password: string): Promise<Entered> =>
  post<Entered>("place.join", { code, display, password });

export const logIn = (name: string, password: string, stay: boolean): Promise<Entered> =>
  post<Entered>("session.login", { name, password, stay });

/** The first invite link, kept as long as this tab. */
export const firstInvite = (): string => sessionStorage.getItem(INVITE) ?? "";
