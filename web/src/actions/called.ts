import { call } from "../net/rpc";
import type { Author, Member, User } from "../net/types";
import { me, members, messages, rooms } from "../state/app";
import { membersCalled, withCalled } from "../state/called";
import { withPartner } from "../state/direct";
import { batch, type Signal } from "../state/store";

/** What somebody is called from now on, wherever the page shows them. */
export function userChanged(user: Author): void {
  batch(() => {
    const own = me.peek();
    if (own?.id === user.id) me.value = { ...own, ...user };
    rooms.value = withPartner(rooms.peek(), user);
    for (const room of rooms.peek().keys()) {
      put(messages(room), withCalled(messages(room).peek(), [user]));
      put(members(room), membersCalled(members(room).peek(), user));
    }
  });
}

function put<T>(into: Signal<T>, value: T): void {
  if (value !== into.peek()) into.value = value;
}

/** A list of members has what people are called now: who was away when it changed sees it here. */
export function membersSay(room: string, list: readonly Member[]): void {
  put(messages(room), withCalled(messages(room).peek(), list.map((m) => m.user)));
}

/** What one is called oneself. Throws ApiError. */
export async function callMyself(display: string): Promise<void> {
  const { id, name, role, display: now } = (await call<{ user: User }>("user.update", { display })).user;
  userChanged({ id, name, role, display: now });
}
