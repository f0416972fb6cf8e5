import { useEffect, useState } from "preact/hooks";
import { connection, messages, typing } from "../state/app";
import { outbox } from "../state/outbox";
import { statusOf, type Status } from "../state/status";
import { armed, failedWords, mayUploadAgain, openWords, uploads, uploadsOf } from "../state/uploads";
import { typingWords } from "../state/typing";
import { uploadAgain } from "../actions/attach";
import { back } from "../actions/status";
import { loadWhatIsNew } from "../actions/room_load";
import { tryNow } from "../net/link";
import { say } from "../lib/voices";

function useClock(going: boolean): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    if (!going) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [going]);
  return going ? now : Date.now();
}

function Action({ status, room }: { status: Status; room: string }) {
  const way = {
    reload: { words: "Reload, drafts stay", go: () => location.reload() },
    try: { words: "Try now", go: tryNow },
    load: { words: "Load what is new", go: () => void loadWhatIsNew(room) },
    again: { words: "Try again", go: () => uploadAgain(room) },
  };
  if (!status.action) return null;
  const { words, go } = way[status.action];
  return (
    <span class="end">
      <button class="link" type="button" onClick={go}>{words}</button>
    </span>
  );
}

/** Said once when it begins; the seconds that count down are not. */
const SPOKEN: Partial<Record<Status["state"], string>> = {
  outdated: "This page is older than the server.",
  offline: "No network. You can keep writing.",
  reconnecting: "The connection is lost. Connecting again.",
  readonly: "The disk is full: reading works, sending waits.",
  draining: "The server will stop soon. You can keep writing.",
  shedding: "The server is full: you stay, others wait.",
  gap: "Away too long to catch up line by line.",
};

function useSpoken(status: Status): void {
  const [before, setBefore] = useState<Status["state"]>("none");
  useEffect(() => {
    const words = SPOKEN[status.state];
    const wasAway = before === "reconnecting" || before === "offline";
    if (words) say(words);
    else if (status.state === "back") say(status.words);
    else if (wasAway) say("Connected again.");
    setBefore(status.state);
  }, [status.state]);
}

/** One sentence above the message box, always 24 px high: what is most worth knowing just now, or nothing. */
export function StatusLine({ room }: { room: string }) {
  const link = connection.value;
  const now = useClock(link.state === "reconnecting" || link.state === "connecting");
  const writing = [...(typing.value.get(room)?.values() ?? [])].map((t) => t.user);
  const files = uploadsOf(uploads.value, room);
  const status = statusOf({
    link,
    now,
    waiting: outbox.value.filter((send) => send.state === "waiting").length,
    gap: messages(room).value.gap,
    back: back.value?.room === room ? back.value.count : 0,
    failed: failedWords(files),
    again: files.some(mayUploadAgain),
    uploading: openWords(files, armed.value.has(room)),
    typing: typingWords(writing),
  });
  useSpoken(status);
  return (
    <p class="status-line" data-state={status.state}>
      {status.state === "typing" && (
        <span class="typing" aria-hidden="true"><i /><i /><i /></span>
      )}
      <span class="words">{status.words}</span>
      <Action status={status} room={room} />
    </p>
  );
}
