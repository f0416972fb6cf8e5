import { currentRoomId, me, members, messages } from "../state/app";
import { isOver, whoId, type RunModel } from "../state/runs";
import { plainWords } from "../lib/markdown_html";
import { say } from "../lib/voices";
import type { Message, ReactionChanged, RunEvent } from "../net/types";

/** What the hidden voice says of a room: bursts summed up, a run's turns, its answer once and whole. The log itself
 * (role "log") reads single additions; own messages, typing, words of an answer and history are not said. */
const BURST_MS = 2000;
const BURST = 3;
const RUN_MS = 3000;

let times: number[] = [];
let burst: ReturnType<typeof setTimeout> | undefined;
let lastRun = 0;
/** Runs that are over and whose answer comes next: its message, and who wrote it. */
const awaited = new Map<string, string>();

export function announceMessage(room: string, message: Message): void {
  const agent = awaited.get(message.id);
  if (agent) {
    awaited.delete(message.id);
    if (room === currentRoomId.peek()) say(`${agent}: ${plainWords(message.text)}`);
  }
  if (room !== currentRoomId.peek() || message.run_id) return;
  const now = Date.now();
  times = times.filter((t) => now - t < BURST_MS).concat(now);
  if (times.length <= BURST) return;
  clearTimeout(burst);
  burst = setTimeout(() => {
    say(`${times.length} new messages`);
    times = [];
  }, 500);
}

/** Of reactions those of others to one's own messages. */
export function announceReaction(room: string, { type, message, emoji, user }: ReactionChanged): void {
  const own = me.peek()?.id;
  if (room !== currentRoomId.peek() || type !== "reaction_added" || user.id === own) return;
  const to = messages(room).peek().items.find((m) => m.id === message.id);
  if (to && to.author.id === own) say(`${user.display} reacted with ${emoji} to your message`);
}

function agentName(run: RunModel): string {
  const id = whoId(run.agent);
  if (typeof run.agent !== "string") return run.agent.display;
  return members(run.room).peek().find((m) => m.user.id === id)?.user.display ?? "The agent";
}

function words(run: RunModel, event: RunEvent): string {
  switch (event.type) {
    case "agent_queued":
      return "waiting for another run";
    case "agent_started":
      return "started";
    case "tool_executing":
      return event.data.purpose || `using ${event.data.tool}`;
    case "tool_approval_requested":
      return "waiting for permission";
    case "agent_failed":
      return `failed. ${run.error || run.reason}`;
    case "agent_stopped":
      return "stopped";
    default:
      return "";
  }
}

export function announceRun(run: RunModel, event: RunEvent): void {
  if (run.room !== currentRoomId.peek() || !me.peek()) return;
  if (event.type === "agent_completed") {
    const { message_id } = event.data;
    const answer = messages(run.room).peek().items.find((m) => m.id === message_id);
    if (answer) say(`${agentName(run)}: ${plainWords(answer.text)}`);
    else awaited.set(message_id, agentName(run));
    return;
  }
  const sentence = words(run, event);
  const now = Date.now();
  if (!sentence || (!isOver(run) && now - lastRun < RUN_MS)) return;
  lastRun = now;
  say(`${agentName(run)}: ${sentence}`);
}
