import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { fileUrl, sizeText } from "../../lib/file_words";
import { Icon } from "../../lib/icons";
import { addSheet } from "../../lib/sheet";
import { closeViewer, viewing, type Viewing } from "../../state/viewing";
import sheet from "../../styles/viewer.css" with { type: "text" };

addSheet(sheet);

/** A picture as large as it is, or as the window lets it be; the others of its message beside it. A native modal dialog. */
export function Viewer({ pictures, at, author, from }: Viewing) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [full, setFull] = useState(false);
  const [failed, setFailed] = useState("");
  const file = pictures[at]!;

  useLayoutEffect(() => {
    const element = dialog.current!;
    element.showModal();
    return () => element.close();
  }, []);

  const show = (to: number) => {
    if (!pictures[to]) return;
    setFull(false);
    viewing.value = { pictures, at: to, author, from };
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || full) return;
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    event.preventDefault();
    show(at + step);
  };
  const place = pictures.length > 1 ? `${at + 1} of ${pictures.length}, ` : "";
  return (
    <dialog
      ref={dialog}
      class="viewer"
      aria-label={file.name}
      onKeyDown={onKey}
      onCancel={(event) => {
        event.preventDefault();
        closeViewer();
      }}
    >
      <header>
        <p aria-live="polite">
          <b title={file.name}>{file.name}</b>
          <span class="quiet">{place}{author.display}, {sizeText(file.size)}, {file.width} × {file.height}</span>
        </p>
        <a class="button small" href={fileUrl(file)} download={file.name}>Download</a>
        <button class="tool" type="button" aria-label="Close" title="Close" autofocus onClick={closeViewer}><Icon name="close" /></button>
      </header>
      <div
        class="viewer-space"
        data-full={full ? "" : undefined}
        tabIndex={full ? 0 : undefined}
        onClick={(event) => event.target === event.currentTarget && closeViewer()}
      >
        {failed === file.id ? <p role="alert">The picture did not come.</p> : (
          <button class="viewer-picture" type="button" aria-pressed={full} aria-label={`${file.name}, full size`} onClick={() => setFull(!full)}>
            <img key={file.id} src={fileUrl(file)} alt={file.name} width={file.width} height={file.height} onError={() => setFailed(file.id)} />
          </button>
        )}
      </div>
      {pictures.length > 1 && (
        <>
          <Step words="The picture before" to="before" on={at > 0} onClick={() => show(at - 1)} />
          <Step words="The next picture" to="next" on={at < pictures.length - 1} onClick={() => show(at + 1)} />
        </>
      )}
    </dialog>
  );
}

function Step({ words, to, on, onClick }: { words: string; to: "before" | "next"; on: boolean; onClick: () => void }) {
  return (
    <button class={`tool to to-${to}`} type="button" aria-label={words} title={words} aria-disabled={!on} onClick={onClick}>
      <Icon name={to === "next" ? "chevron" : "back"} />
    </button>
  );
}
