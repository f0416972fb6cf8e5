import { closePicker } from "../../actions/react";
import { chunkOf } from "../../lib/chunk";
import { reacting, refused } from "../../state/reacting";

const usePicker = chunkOf(async () => (await import("./picker")).Picker);

/** The picker, when one is asked for. It has its table with it. */
export function PickerPlace() {
  const wanted = reacting.value;
  const Picker = usePicker(wanted, () => {
    if (wanted) refused.value = { id: wanted.message.id, words: "The emojis did not come. The server may be newer than the page: reload it." };
    closePicker();
  });
  return wanted && Picker && <Picker key={wanted.message.id} {...wanted} />;
}
