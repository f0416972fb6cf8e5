import { chunkOf } from "../../lib/chunk";
import { fileUrl } from "../../lib/file_words";
import { closeViewer, viewing } from "../../state/viewing";

const useViewer = chunkOf(async () => (await import("./viewer")).Viewer);

/** The viewer of pictures, when one is asked for. */
export function ViewerPlace() {
  const wanted = viewing.value;
  const Viewer = useViewer(wanted, () => {
    /* the picture alone can be had */
    const file = wanted?.pictures[wanted.at];
    closeViewer();
    if (file) open(fileUrl(file), "_blank", "noopener");
  });
  return wanted && Viewer && <Viewer {...wanted} />;
}
