import { useEffect, useState } from "preact/hooks";
import { whyMessage } from "../../actions/people";
import { Face } from "../../lib/face";
import { Icon, type IconName } from "../../lib/icons";
import { plainWords } from "../../lib/markdown_html";
import { errorWords } from "../../net/errors";
import type { Author, Message } from "../../net/types";
import type { Why } from "../../net/types_lines";
import { me, members } from "../../state/app";
import { asking } from "../../state/compose";
import { sortMembers } from "../../state/people";
import { whyKind, whyProofs, whyWords, type WhyKind } from "../../state/why";
import { Dialog, Trouble } from "./dialog";

/** So many are asked about at once; others are found by their names. */
const SHOWN = 30;

const SIGNS: Record<WhyKind, { icon: IconName; label: string }> = {
  has: { icon: "check", label: "Has it" },
  likely: { icon: "clock", label: "Not proven" },
  not: { icon: "alert", label: "Does not have it" },
};

/** Asks about one person after the other, so that a large room is no burst; each answer is kept. */
function useAnswers(message: Message | null, people: Author[]) {
  const [answers, setAnswers] = useState<ReadonlyMap<string, Why>>(new Map());
  const [trouble, setTrouble] = useState("");
  const next = people.find((user) => !answers.has(user.id));
  useEffect(() => {
    if (!message || !next || trouble) return;
    let here = true;
    whyMessage(message, next.id).then(
      (why) => here && setAnswers((all) => new Map(all).set(next.id, why)),
      (e) => here && setTrouble(errorWords(e)),
    );
    return () => void (here = false);
  }, [message?.id, next?.id, trouble]);
  return { answers, trouble };
}

/** For each member of the room: did the message reach them, and how that is known. For admins. */
export function WhyDialog() {
  const message = asking.value;
  const [words, setWords] = useState("");
  const all = message ? sortMembers(members(message.room).value, me.value?.id ?? "").map((member) => member.user) : [];
  const wanted = words.trim().toLowerCase();
  const others = all.filter((user) => user.id !== message?.author.id && `${user.display} ${user.name}`.toLowerCase().includes(wanted));
  const shown = others.filter((user) => user.role !== "agent").slice(0, SHOWN);
  const { answers, trouble } = useAnswers(message, shown);
  if (!message) return null;
  return (
    <Dialog title="Who got this message?">
      <p class="quote">
        <b>{message.author.display}</b> <span>{plainWords(message.text.slice(0, 300))}</span>
      </p>
      {all.length > 12 && (
        <div class="search-box">
          <Icon name="search" />
          <input type="search" aria-label="Find a member" placeholder="Find a member" autofocus value={words}
            onInput={(event) => setWords(event.currentTarget.value)} />
        </div>
      )}
      <ul class="entries" aria-label="Members of the room" aria-busy={!trouble && shown.some((user) => !answers.has(user.id))}>
        {shown.map((user) => <Entry key={user.id} user={user} why={answers.get(user.id)} offset={message.offset} />)}
      </ul>
      {shown.length === 0 && <p class="nothing">{wanted ? "No other member has this in their name." : "Nobody else is in this room."}</p>}
      {others.length > SHOWN && <p class="hint">{`The first ${SHOWN} of them; find others by name.`}</p>}
      <Trouble words={trouble} />
    </Dialog>
  );
}

function Entry({ user, why, offset }: { user: Author; why: Why | undefined; offset: number }) {
  const kind = why && whyKind(why);
  const proofs = why ? whyProofs(why, offset) : [];
  return (
    <li class="entry why" data-key={user.id} data-kind={kind} data-verdict={why?.verdict}>
      <Face user={user} size="small" />
      <span class="entry-text">
        <b>{user.display}</b>
        <span class="quiet">{why ? whyWords(why) : "…"}</span>
        {/* its line is kept free until the answer is there: nothing moves under the pointer */}
        <details data-empty={proofs.length === 0 || undefined}>
          <summary>How that is known</summary>
          <ul>{proofs.map((proof, i) => <li key={i}>{proof}</li>)}</ul>
        </details>
      </span>
      {kind && <Icon name={SIGNS[kind].icon} label={SIGNS[kind].label} />}
    </li>
  );
}
