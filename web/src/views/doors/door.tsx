import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../lib/icons";
import { place } from "../../state/app";

interface Props {
  title: string;
  lead: string;
  footer?: string;
  children: ComponentChildren;
}

/** The frame of every page outside the house: a sign, a title, a form, and one line at the foot. */
export function Door({ title, lead, footer, children }: Props) {
  return (
    <div class="door">
      <main>
        <div class="brand">
          <Icon name="mark" label="Snug" />
        </div>
        <header>
          <h1>{title}</h1>
          <p class="lead">{lead}</p>
        </header>
        {children}
      </main>
      <footer>{footer ?? ran()}</footer>
    </div>
  );
}

function ran(): string {
  const { name, version, set_up } = place.value ?? { name: "", version: "", set_up: false };
  const by = name && set_up ? `, run by ${name} on ${location.host}` : ` on ${location.host}`;
  return version ? `Snug ${version}${by}` : location.host;
}

/** A sentence that concerns the whole form. It is said when it comes, and keeps its place for the eye. */
export function Notice({ words }: { words: string }) {
  if (!words) return null;
  return (
    <p class="notice" role="alert">
      <Icon name="alert" />
      <span>{words}</span>
    </p>
  );
}

interface FieldProps {
  name: string;
  label: string;
  type?: "text" | "password";
  value: string;
  onValue: (value: string) => void;
  autocomplete: string;
  hint?: string;
  /** What is wrong with it; takes the place of the hint. */
  bad?: string;
  plain?: boolean;
  max?: number;
  min?: number;
  focus?: boolean;
}

/** A labelled field with a hint below it, which turns into what is wrong. */
export function Field(props: FieldProps) {
  const { name, label, type = "text", value, onValue, autocomplete, hint, bad, plain, max, min, focus } = props;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (focus) input.current?.focus();
  }, [focus]);
  const words = bad || hint;
  return (
    <div class="field">
      <label for={`field-${name}`}>{label}</label>
      <input
        ref={input}
        class="input"
        id={`field-${name}`}
        name={name}
        type={type}
        value={value}
        onInput={(event) => onValue(event.currentTarget.value)}
        autocomplete={autocomplete}
        autocapitalize={plain ? "none" : undefined}
        spellcheck={plain ? false : undefined}
        maxLength={max}
        minLength={min}
        autofocus={focus}
        required
        aria-invalid={bad ? "true" : undefined}
        aria-describedby={words ? `field-${name}-hint` : undefined}
      />
      {words && (
        <p class="hint" id={`field-${name}-hint`} data-state={bad ? "bad" : undefined}>
          {bad && <Icon name="alert" />}
          {words}
        </p>
      )}
    </div>
  );
}
