import { navigate } from "../lib/router";
import { call } from "../net/rpc";
import type { Invite, Message, Room, Session, User } from "../net/types";
import type { Why } from "../net/types_lines";
import { rooms } from "../state/app";

/** Rooms, invites and sessions: what the dialogs ask of the server. All throw ApiError. */
export async function makeRoom(name: string, topic: string, isPrivate: boolean): Promise<Room> {
  return (await call<{ room: Room }>("room.create", { name, topic, private: isPrivate })).room;
}

export async function openRooms(): Promise<Room[]> {
  const { rooms } = await call<{ rooms: Room[] }>("room.list", { joinable: true });
  return rooms.filter((room) => !room.joined);
}

export const joinRoom = async (room: string): Promise<Room> =>
  (await call<{ room: Room }>("room.join", { room })).room;
const leaveRoom = (room: string): Promise<unknown> => call("room.leave", { room });

/** Leaves a room that is open in the page, and goes on to another. */
export async function goFrom(room: string): Promise<void> {
  await leaveRoom(room);
  const left = new Map(rooms.peek());
  left.delete(room);
  rooms.value = left;
  navigate("/");
}

type Change = Partial<Pick<Room, "name" | "topic" | "private" | "keep_days">>;
export const changeRoom = async (room: string, change: Change): Promise<Room> =>
  (await call<{ room: Room }>("room.update", { room, ...change })).room;
export const addToRoom = (room: string, user: string): Promise<unknown> => call("room.invite", { room, user });

export const deleteMessage = ({ room, id }: Message): Promise<unknown> => call("message.delete", { room, id });

/** Whether a message reached a person, and how that is known. */
export const whyMessage = ({ room, offset }: Message, user: string): Promise<Why> => call<Why>("message.why", { room, offset, user });

/** Everybody, page by page, also those who are gone. */
export async function everybody(): Promise<User[]> {
  const all: User[] = [];
  for (;;) {
    const after = all.at(-1)?.id;
    const page = await call<{ users: User[]; more: boolean }>("user.list", { limit: 200, ...(after ? { after } : {}) });
    all.push(...page.users);
    if (!page.more || page.users.length === 0) return all;
  }
}

export const allPeople = async (): Promise<User[]> => (await everybody()).filter((user) => user.active);

/** The first 500 people, also those who are gone, if they still have a name: enough for a menu. */
export const somePeople = async (): Promise<User[]> =>
  (await call<{ users: User[] }>("user.list", { limit: 500 })).users.filter((user) => !user.erased);

export interface Erasure {
  user: string;
  messages: "keep" | "delete";
  asked: number;
  /** 0: it goes on. */
  ended: number;
  done: number;
  total: number;
}

/** Erases a person, or says how far that is: the same call again changes nothing. */
export const erasePerson = (user: string, messages: Erasure["messages"]): Promise<Erasure> =>
  call<Erasure>("user.erase", { user, messages });

export const changePassword = (old: string, password: string): Promise<unknown> => call("user.password", { old, password });

/** Another password for somebody else, who is logged out everywhere. */
export const resetPassword = async (user: string): Promise<string> =>
  (await call<{ password: string }>("user.reset", { user })).password;

export interface NewInvite {
  id: string;
  url: string;
  expires: number;
}

export const makeInvite = (uses = 25): Promise<NewInvite> => call<NewInvite>("invite.create", { uses });
export const openInvites = async (): Promise<Invite[]> =>
  (await call<{ invites: Invite[] }>("invite.list")).invites.filter((one) => one.used < one.uses && one.expires > Date.now());
export const endInvite = (id: string): Promise<unknown> => call("invite.revoke", { id });

export const mySessions = async (): Promise<Session[]> => (await call<{ sessions: Session[] }>("session.list")).sessions;
export const endSession = (id: string): Promise<unknown> => call("session.revoke", { id });
