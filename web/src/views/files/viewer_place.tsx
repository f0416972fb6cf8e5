import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { closeViewer, viewing, type Viewing } from "../../state/viewing";
import { fileUrl } from "../../lib/file_words";

let ready: ComponentType<Viewing> | null = null;

/** The viewer of pictures, when one is asked for. It comes in a chunk of its own, the first time. */
export function ViewerPlace() {
  const wanted = viewing.value;
  const [, setReady] = useState(!!ready);
  useEffect(() => {
    if (!wanted || ready) return;
    import("./viewer")
      .then((chunk) => {
        ready = chunk.Viewer;
        setReady(true);
      })
      .catch(() => {
        /* the server may be newer than the page: the picture alone can be had */
        const file = wanted.pictures[wanted.at];
        closeViewer();
        if (file) open(fileUrl(file), "_blank", "noopener");
      });
  }, [wanted]);
  if (!wanted || !ready) return null;
  const Viewer = ready;
  return <Viewer {...wanted} />;
}
