import type { ComponentChildren } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";
import { runAgain, stopRun } from "../../actions/run_actions";
import { Icon } from "../../lib/icons";
import { Markdown } from "../../lib/markdown";
import { clockSeconds, elapsed } from "../../lib/time_text";
import { ApiError, errorWords } from "../../net/rpc";
import { mayGovern, me, members, messages, serverNow } from "../../state/app";
import { setRunOpen } from "../../state/open_runs";
import { isOver, mayStop } from "../../state/runs";
import type { RunModel, ToolCall } from "../../state/runs";
import { RunAsk } from "./run_ask";
import type { Decide } from "./run_ask";
import { RunSteps } from "./run_steps";
import { headWords, lineWords, namesOf, tailWords } from "./run_words";
import type { Names } from "./run_words";
import { useSecond } from "./use_second";

interface Props {
  run: RunModel;
  /** Allows or refuses a tool; without it nobody is offered the choice. */
  onDecide?: Decide | undefined;
}

/** One run of an agent, at its fixed place in the room. The head says in words what goes on and holds one action. A run
 * that was seen going keeps its card open and its answer in it (state/open_runs.ts: the log leaves that message out);
 * one that is met after its end is a line, and its answer a message like any other. */
export function RunCard({ run, onDecide }: Props) {
  const over = isOver(run);
  const [seenLive] = useState(!over);
  const [more, setMore] = useState(false);
  useLayoutEffect(() => {
    if (seenLive) setRunOpen(run.id, true);
    return () => setRunOpen(run.id, false);
  }, [run.id, seenLive]);
  const answer = seenLive ? storedAnswer(run) : undefined;

  const user = me.value ?? undefined;
  const names = namesOf(members(run.room).value.map((member) => member.user), user);
  const decider = mayStop(run, user, mayGovern(run.room));
  const began = run.queued || run.started;
  const label = `Run by ${names(run.agent)}${began ? `, ${clockSeconds(began)}` : ""}`;

  if (run.state === "completed" && !seenLive) return <FoldedRun run={run} names={names} label={label} />;
  const words = answer ?? run.answer;
  const cut = answer === undefined && run.answer_from > 0 ? "… " : "";
  const waiting = run.steps.find((step): step is ToolCall => step.kind === "tool" && step.state === "waiting");
  return (
    <section class="run" data-state={run.state} data-run={run.id} aria-label={label} aria-live="off">
      <RunHead run={run} title={headWords(run, names, decider)}>
        {!over ? (
          decider && <Stop run={run} />
        ) : run.state !== "completed" ? (
          <Again run={run} />
        ) : (
          <button class="tool" type="button" aria-label="More" title="More" aria-expanded={more} onClick={() => setMore(!more)}>
            <Icon name="chevron" />
          </button>
        )}
      </RunHead>
      <RunSteps steps={run.steps} names={names} />
      {waiting && !over && <RunAsk call={waiting} agent={names(run.agent)} onDecide={decider ? onDecide : undefined} />}
      {words && (
        <div class="answer" data-state={over ? "done" : "streaming"} aria-busy={!over}>
          <Markdown text={cut + words} />
        </div>
      )}
      {run.state === "failed" && <RunError run={run} />}
      <RunTail run={run} names={names}>{more && <Again run={run} />}</RunTail>
    </section>
  );
}

function storedAnswer(run: RunModel): string | undefined {
  return messages(run.room).value.items.find((message) => message.run_id === run.id)?.text;
}

const ICONS = { queued: "clock", approval: "clock", completed: "check", failed: "alert", stopped: "stop" } as const;

interface HeadProps {
  run: RunModel;
  title: string;
  children: ComponentChildren;
}

function RunHead({ run, title, children }: HeadProps) {
  const icon = run.state in ICONS ? ICONS[run.state as keyof typeof ICONS] : undefined;
  return (
    <header class="head">
      {icon ? <Icon name={icon} /> : <span class="spinner" aria-hidden="true" />}
      <span class="what" title={title}>{title}</span>
      <span class="elapsed" aria-hidden="true">
        {!isOver(run) && run.started > 0 && <Elapsed since={run.started} />}
      </span>
      {children}
    </header>
  );
}

function Elapsed({ since }: { since: number }) {
  useSecond(true);
  return <>{elapsed(Math.max(0, serverNow() - since))}</>;
}

/** A button of the head: off while it works, and says beside itself why it did not. */
function useAction(work: () => Promise<void>, quiet: (code: number) => boolean) {
  const [busy, setBusy] = useState(false);
  const [trouble, setTrouble] = useState("");
  const go = async () => {
    setBusy(true);
    setTrouble("");
    try {
      await work();
    } catch (e) {
      if (!(e instanceof ApiError && quiet(e.code))) setTrouble(errorWords(e));
    }
    setBusy(false);
  };
  return { busy, trouble, go };
}

function Stop({ run }: { run: RunModel }) {
  const { busy, trouble, go } = useAction(() => stopRun(run), (code) => code === 400);
  return (
    <>
      {trouble && <span class="hint" data-state="bad" role="alert">{trouble}</span>}
      <button class="button small" type="button" disabled={busy} onClick={go}>
        <Icon name="stop" />
        Stop
      </button>
    </>
  );
}

function Again({ run }: { run: RunModel }) {
  const { busy, trouble, go } = useAction(() => runAgain(run), () => false);
  if (!run.task) return null;
  return (
    <>
      {trouble && <span class="hint" data-state="bad" role="alert">{trouble}</span>}
      <button class="button small" type="button" disabled={busy} onClick={go}>
        Run again
      </button>
    </>
  );
}

function RunError({ run }: { run: RunModel }) {
  const words = run.error || run.reason;
  const done = run.steps.some((step) => step.kind === "tool" && step.state === "done");
  if (!words) return null;
  return (
    <p class="error">
      {run.code > 0 ? `${words.replace(/\.$/, "")} (${run.code}).` : words}
      {done && <span>The steps above that have a tick are complete.</span>}
    </p>
  );
}

function RunTail({ run, names, children }: { run: RunModel; names: Names; children?: ComponentChildren }) {
  return (
    <footer class="tail">
      {tailWords(run, names).map((words) => <span key={words}>{words}</span>)}
      {children && <span class="end">{children}</span>}
    </footer>
  );
}

/** Seen again after its end: one line that opens. Its answer stands below, or further down, as a message. */
function FoldedRun({ run, names, label }: { run: RunModel; names: Names; label: string }) {
  return (
    <details class="run" data-state={run.state} data-run={run.id} aria-label={label} aria-live="off">
      <summary class="head">
        <Icon name="check" />
        <span class="what">{lineWords(run, names)}</span>
        <Icon name="chevron" />
      </summary>
      <RunSteps steps={run.steps} names={names} />
      <RunTail run={run} names={names} />
    </details>
  );
}
