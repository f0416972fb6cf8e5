// Recorded lists of events, one for each state of a run card: what the room's stream said, in its order. The gallery
// draws them and the tests tell them again.
import type { Author, RunEvent } from "../net/types";

export const NOOK: Author = { id: "1", name: "nook", display: "Nook", role: "agent" };
export const MIRA: Author = { id: "2", name: "mira", display: "Mira Okafor", role: "admin" };
export const JONAS: Author = { id: "3", name: "jonas", display: "Jonas Lindqvist", role: "member" };

/** When the first event of each list was published. */
export const BEGAN = 1_795_509_660_000;

type Step = [after_ms: number, type: RunEvent["type"], data: Record<string, unknown>];

const THOUGHT =
  "Two questions: reports about 0.4.1 in this room, and closes with code 3008 since Friday.";
const ANSWER =
  "Four people wrote about 0.4.1, and all four reports are the same thing: after a restart the unread line sat one message too low.\n\nSince Friday there were four slow closes, every one from Teo’s phone; it came back within a second and missed nothing.";
export const TASK = "what did people report about 0.4.1, and were there any slow closes since Friday?";

const started: Step = [0, "agent_started", { task: TASK, started_by: MIRA }];
const thinking: Step = [40, "agent_thinking", { text: THOUGHT, step: 1 }];
const search: Step = [2140, "tool_executing", {
  execution_id: "e1", tool: "search_messages", purpose: "Reports about 0.4.1",
  arguments: { query: "0.4.1", room: "releases", limit: 50 },
}];
const metrics: Step = [2160, "tool_executing", {
  execution_id: "e2", tool: "server_metrics", purpose: "Slow closes since Friday",
  arguments: { name: "closes", code: 3008, since: "2026-11-20" },
}];
const searched: Step = [2178, "tool_completed", {
  execution_id: "e1", tool: "search_messages", success: true, duration_ms: 38,
  result: { summary: "11 messages from 4 people", messages: ["41", "44", "45", "51"] },
}];
const measured: Step = [2190, "tool_completed", {
  execution_id: "e2", tool: "server_metrics", success: true, duration_ms: 6, result: "4 closes, all of one client",
}];
const unmeasured: Step = [3160, "tool_completed", {
  execution_id: "e2", tool: "server_metrics", success: false, duration_ms: 1000,
  error: { code: 108, text: "not available: the database did not answer" },
}];
const invite: Step = [2200, "tool_approval_requested", {
  execution_id: "e3", tool: "invite_to_room", purpose: "Ask Teo to join releases", arguments: { user: "teo", room: "releases" },
  effect: "Nook wants to invite Teo Alvarez to releases. He will see everything written here since 3 March.",
  until: 302_200,
}];

const LISTS = {
  queued: [[0, "agent_queued", { task: TASK, started_by: MIRA, ahead: 1 }]],
  thinking: [started, thinking],
  tool: [started, thinking, search, metrics],
  approval: [
    [0, "agent_started", { task: TASK, started_by: JONAS }],
    [40, "agent_thinking", { text: THOUGHT, step: 1 }],
    invite,
  ],
  tool_done: [started, thinking, search, searched],
  answering: [
    started, thinking, search, metrics, searched, measured,
    [2400, "agent_writing", { position: 0, text: ANSWER.slice(0, 128) }],
    [2500, "agent_writing", { position: 128, text: ANSWER.slice(128, 190) }],
  ],
  completed: [
    started, thinking, search, metrics, searched, measured,
    [2400, "agent_writing", { position: 0, text: ANSWER }],
    [14_000, "agent_completed", {
      message_id: "4808", summary: "Reports and slow closes", duration_ms: 14_000, usage: { tokens: 1204 },
    }],
  ],
  failed: [
    started, thinking, search, metrics, searched, unmeasured,
    [8000, "agent_failed", {
      reason: "The database did not answer.", error: { code: 108, text: "No answer within a second." },
    }],
  ],
  stopped: [
    started, thinking, search, searched,
    [7000, "agent_stopped", { reason: "stopped", by: JONAS }],
  ],
  resumed: [started, thinking, search, searched, metrics],
} satisfies Record<string, Step[]>;

export type Recorded = keyof typeof LISTS;
export const RECORDED = Object.keys(LISTS) as Recorded[];

export interface Published {
  event: RunEvent;
  /** 0: a passing event. */
  offset: number;
}

/** One list as the stream gave it; `began` moves its times. */
export function recorded(name: Recorded, began = BEGAN): Published[] {
  let offset = 100;
  return (LISTS[name] as Step[]).map(([after_ms, type, fields]) => {
    const data = typeof fields.until === "number" ? { ...fields, until: began + fields.until } : fields;
    const envelope = { type, run_id: `RUN${name.toUpperCase()}`, agent: NOOK, room: "7", time: began + after_ms };
    return { offset: type === "agent_writing" ? 0 : ++offset, event: { ...envelope, data } as RunEvent };
  });
}
