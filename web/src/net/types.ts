/** The objects that cross the border to the server, field by field as the server says them.
 *
 * Times are milliseconds since 1970 (UTC), durations end in `_ms`, sizes in `_bytes`, ids are decimal text. */

import type { FileInfo } from "./types_files";

export type Role = "admin" | "member" | "agent";

/** The short user: what stands beside a message. */
export interface Author {
  id: string;
  name: string;
  display: string;
  role: Role;
}

export interface User extends Author {
  active: boolean;
  created: number;
  /** In user.list, of somebody who was erased; ended 0: it goes on. */
  erased?: { messages: "keep" | "delete"; asked: number; ended: number };
}

export interface Room {
  id: string;
  name: string;
  topic: string;
  private: boolean;
  created: number;
  joined: boolean;
  members: number;
  /** Top of the room's stream. */
  offset: number;
  epoch: string;
  /** Own read mark. */
  read: number;
  unread: number;
  mentions: number;
  last_time: number;
  /** One's own choice: only what names one is told. */
  muted?: boolean;
  favourite?: boolean;
  /** A closer bound than the place has, set by the owners. */
  keep_days?: number;
  keep_messages?: number;
  /** The other one, if it is a conversation of two; `name` is then how they are called. */
  direct?: Author;
}

export interface Member {
  user: Author;
  role: "owner" | "member";
  since: number;
  here: boolean;
  seen: number;
}

/** One emoji below a message, and the ids of who reacted with it, in the order of time. */
export interface Reaction {
  emoji: string;
  users: readonly string[];
}

export interface Message {
  id: string;
  room: string;
  offset: number;
  author: Author;
  text: string;
  time: number;
  /** The author's own send key: a page finds its pending row by it. */
  key: string;
  reply_to: string;
  run_id?: string;
  edited?: number; // when its text was changed last
  deleted?: "author" | "owner"; // who took its text
  reactions?: readonly Reaction[]; // in the order in which each emoji was first used
  files?: readonly FileInfo[]; // in the order in which they were chosen
}

/** A hit of message.search: `marks` are [start, length] in characters of `text`. */
export interface FoundMessage extends Message {
  marks: [number, number][];
}

export type RunState = "queued" | "running" | "completed" | "failed" | "stopped";

export interface Run {
  id: string;
  room: string;
  agent: Author;
  started_by: Author;
  text: string;
  state: RunState;
  started: number;
  ended: number;
  first_offset: number;
  last_offset: number;
  message_id: string;
}

export interface Session {
  id: string;
  client: string;
  address: string;
  created: number;
  seen: number;
  expires: number;
  this: boolean;
}

export interface Invite {
  id: string;
  uses: number;
  used: number;
  expires: number;
  created_by: Author;
}

export interface Place {
  name: string;
  version: string;
  set_up: boolean;
  limits: { text: number; upload_bytes: number; connections: number };
  /** For those who are logged in. */
  keep?: Keep;
}

/** How much is kept; 0: no bound. */
export interface Bounds {
  age_ms: number;
  /** Of one room. */
  messages: number;
  /** Of the database. */
  size_bytes: number;
}

/** In force is the closer of what an admin has set here and what the server's configuration keeps at most. */
export interface Keep {
  now: Bounds;
  set: Bounds;
  most: Bounds;
}

/* ---- publications of room:<id> ---- */

export interface MessageCreated {
  type: "message_created";
  message: Message;
}

export interface MessageDeleted {
  type: "message_deleted";
  message: { id: string; room: string; offset: number; deleted: "author" | "owner" };
}

/** The same message with another text. */
export interface MessageEdited {
  type: "message_edited";
  message: Message;
}

/** There was an edit; what it said is no longer so. */
export interface MessageEditReplaced {
  type: "message_edit_replaced";
  message: { id: string; room: string; offset: number };
}

/** Somebody put an emoji below a message, or took theirs away. */
export interface ReactionChanged {
  type: "reaction_added" | "reaction_removed";
  message: { id: string; room: string; offset: number };
  emoji: string;
  user: Author;
}

export interface MemberChanged {
  type: "member_joined" | "member_left";
  user: Author;
  by: Author;
}

/** Who is called so from now on, everywhere in this room; with "delete" their texts are gone. */
export interface UserErased {
  type: "user_erased";
  user: Author;
  messages: "keep" | "delete";
}

export interface RoomUpdated {
  type: "room_updated";
  name: string;
  topic: string;
  private: boolean;
}

export interface TypingEvent {
  type: "typing";
  user: Author;
  /** 0: has stopped. */
  until: number;
}

interface RunEnvelope<T extends string, D> {
  type: T;
  run_id: string;
  agent: Author;
  room: string;
  time: number;
  data: D;
}

export type RunEvent =
  | RunEnvelope<"agent_queued", { task: string; started_by: Author; ahead: number }>
  | RunEnvelope<"agent_started", { task: string; started_by: Author }>
  | RunEnvelope<"agent_thinking", { text: string; step?: number; progress?: number }>
  | RunEnvelope<"agent_writing", { position: number; text: string }>
  | RunEnvelope<"tool_executing", { execution_id: string; tool: string; arguments: unknown; purpose?: string }>
  | RunEnvelope<"tool_approval_requested", { execution_id: string; tool: string; arguments: unknown; effect: string; until: number }>
  | RunEnvelope<"tool_approval_decided", { execution_id: string; allowed: boolean; by?: Author | string }>
  | RunEnvelope<
      "tool_completed",
      { execution_id: string; tool: string; success: boolean; result?: unknown; error?: unknown; duration_ms: number }
    >
  | RunEnvelope<
      "agent_completed",
      { message_id: string; summary?: string; duration_ms: number; usage?: { tokens?: number; cost?: number | string } }
    >
  | RunEnvelope<"agent_failed", { reason: string; error?: { code: number; text: string } }>
  | RunEnvelope<"agent_stopped", { reason: string; by?: Author; error?: { code: number; text: string } }>;

type MessageEvent = MessageCreated | MessageEdited | MessageEditReplaced | MessageDeleted | ReactionChanged;
export type RoomEvent = MessageEvent | MemberChanged | UserErased | RoomUpdated | TypingEvent | RunEvent;

export * from "./pushes";
