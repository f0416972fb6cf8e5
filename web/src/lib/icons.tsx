/** The 25 symbols of the sprite in index.html. An icon alone needs a `label`, beside words it is silent. */
export type IconName =
  | "mark" | "search" | "plus" | "room" | "lock" | "chevron" | "close" | "clip" | "smile" | "reply"
  | "pencil" | "trash" | "send" | "clock" | "alert" | "check" | "stop" | "agent" | "talk" | "copy"
  | "panel" | "back" | "gear" | "people" | "mute";

interface Props {
  name: IconName;
  label?: string;
  class?: string;
}

export function Icon({ name, label, class: extra }: Props) {
  const solid = name === "mark" ? " solid" : "";
  const voice = label ? { role: "img" as const, "aria-label": label } : { "aria-hidden": "true" as const };
  return (
    <svg class={`icon${solid}${extra ? ` ${extra}` : ""}`} {...voice}>
      <use href={`#i-${name}`} />
    </svg>
  );
}
