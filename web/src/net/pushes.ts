/** What the server says to one user, or to everybody who is connected. */
import type { Author, Keep, Room, User } from "./types";

/* ---- publications of user:<id> ---- */

export type UserEvent =
  | { type: "room_added"; room: Room }
  | { type: "room_removed"; id: string }
  | { type: "room_changed"; room: { id: string; name: string; topic: string; private: boolean } }
  | { type: "room_preferred"; room: string; muted: boolean; favourite: boolean }
  | { type: "unread"; room: string; unread: number; mentions: number; last_time: number; offset: number }
  | { type: "read"; room: string; read: number; unread: number; mentions: number };

/** A message push for everybody: what an admin says, now. Without `by` it is the command line that says it. */
export interface Announcement {
  type: "announcement";
  text: string;
  by?: Author;
  time: number;
}

/** A message push for everybody: how long the place keeps messages from now on. */
export interface PlaceChanged {
  type: "place_changed";
  keep: Keep;
}

/** A message push for everybody: what somebody is called from now on. */
export interface UserChanged {
  type: "user_changed";
  user: Author;
}

export type Level = "normal" | "readonly" | "shedding" | "draining";

/** A message push for everybody: how much the server takes on from now on. */
export interface LevelMessage {
  type: "level";
  level: Level;
  reason: string;
}

/** `data` of the connect reply. */
export interface ConnectData {
  user: User;
  server: string;
  build: string;
  level: Level;
  time: number;
}
