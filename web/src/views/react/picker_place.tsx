import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { closePicker } from "../../actions/react";
import { reacting, refused } from "../../state/reacting";
import type { PickerProps } from "./picker";

let ready: ComponentType<PickerProps> | null = null;

/** The picker, when one is asked for. It and its table come in a chunk of their own, the first time. */
export function PickerPlace() {
  const wanted = reacting.value;
  const [, setReady] = useState(!!ready);
  useEffect(() => {
    if (!wanted || ready) return;
    import("./picker")
      .then((chunk) => {
        ready = chunk.Picker;
        setReady(true);
      })
      .catch(() => {
        refused.value = { id: wanted.message.id, words: "The emojis did not come. The server may be newer than the page: reload it." };
        closePicker();
      });
  }, [wanted]);
  if (!wanted || !ready) return null;
  const Picker = ready;
  return <Picker key={wanted.message.id} {...wanted} />;
}
