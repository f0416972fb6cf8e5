import { useState } from "preact/hooks";
import { Icon } from "../../lib/icons";
import { took } from "../../lib/time_text";
import type { Step, Thought, ToolCall } from "../../state/runs";
import { argumentWords, errorText, resultWords } from "./run_words";
import type { Names } from "./run_words";

/** The steps of a run, in the order they began. They are only added below; what is open stays open. */
export function RunSteps({ steps, names }: { steps: readonly Step[]; names: Names }) {
  if (!steps.length) return null;
  return (
    <ol class="steps">
      {steps.map((step) => (
        <li class="step" key={step.id} data-state={step.state}>
          <StepMark step={step} />
          {step.kind === "thought" ? <ThoughtStep step={step} /> : <ToolStep step={step} names={names} />}
        </li>
      ))}
    </ol>
  );
}

const MARKS = {
  waiting: ["clock", "waits for a person"],
  done: ["check", "done"],
  failed: ["alert", "failed"],
  cut: ["stop", "cut off"],
} as const;

function StepMark({ step }: { step: Step }) {
  return (
    <span class="mark">
      {step.state === "running" ? (
        <span class="live" role="img" aria-label="going on" />
      ) : (
        <Icon name={MARKS[step.state][0]} label={MARKS[step.state][1]} />
      )}
    </span>
  );
}

function ThoughtStep({ step }: { step: Thought }) {
  if (step.state === "running") return <div class="line">{step.text || "Thinking"}</div>;
  return (
    <details>
      <summary>
        Thought about it
        {step.ended > 0 && <span class="took">{took(Math.max(0, step.ended - step.started))}</span>}
      </summary>
      <div class="inside">
        <p>{step.text}</p>
      </div>
    </details>
  );
}

function ToolStep({ step, names }: { step: ToolCall; names: Names }) {
  if (step.state === "waiting") {
    return (
      <div class="line">
        <span class="tool-name">{step.tool}</span>
        {step.purpose && <span class="why">{step.purpose}</span>}
      </div>
    );
  }
  return (
    <details open={step.state === "failed" && step.error !== undefined}>
      <summary>
        <span class="tool-name">{step.tool}</span>
        {step.purpose && <span class="why">{step.purpose}</span>}
        {(step.state === "done" || step.error !== undefined) && <span class="took">{took(step.duration_ms)}</span>}
      </summary>
      <div class="inside">
        <dl>
          <dt>Asked</dt>
          <dd class="mono">{argumentWords(step.arguments)}</dd>
          {step.decided && (
            <>
              <dt>{step.decided === "allowed" ? "Allowed" : "Not allowed"}</dt>
              <dd>{step.by ? `by ${names(step.by)}` : "the time to decide ran out"}</dd>
            </>
          )}
          <Outcome step={step} />
        </dl>
      </div>
    </details>
  );
}

function Outcome({ step }: { step: ToolCall }) {
  if (step.state === "running" || step.decided === "refused") return null;
  if (step.state === "done") {
    return (
      <>
        <dt>Got</dt>
        <Result value={step.result} />
      </>
    );
  }
  return (
    <>
      <dt>{step.state === "cut" ? "Ended" : "Error"}</dt>
      <dd>{step.error === undefined ? "Cut off before it answered." : errorText(step.error)}</dd>
    </>
  );
}

function Result({ value }: { value: unknown }) {
  const [open, setOpen] = useState(false);
  const { short, full } = resultWords(value);
  return (
    <dd>
      {short}
      {full && (
        <>
          {/[.…]$/.test(short) ? " " : ". "}
          <button class="link" type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Hide result" : "Show result"}
          </button>
          {open && <pre tabIndex={0} role="region" aria-label="Result">{full}</pre>}
        </>
      )}
    </dd>
  );
}
