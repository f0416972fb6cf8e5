interface Props<T extends string> {
  legend: string;
  name: string;
  options: readonly (readonly [T, string])[];
  value: T;
  onChange: (value: T) => void;
  row?: boolean;
  disabled?: boolean;
}

/** One of a few. */
export function Choice<T extends string>({ legend, name, options, value, onChange, row, disabled }: Props<T>) {
  return (
    <fieldset class={`choice${row ? " in-row" : ""}`} disabled={disabled}>
      <legend>{legend}</legend>
      {options.map(([one, words]) => (
        <label class="check" key={one}>
          <input type="radio" name={name} value={one} checked={value === one} onChange={() => onChange(one)} />
          {words}
        </label>
      ))}
    </fieldset>
  );
}
