import { useRef } from "preact/hooks";
import { attach } from "../../actions/attach";
import { Icon } from "../../lib/icons";
import { place } from "../../state/app";
import { wantFocus } from "../../state/compose";

/** The way to attach files for who does not drag or paste. */
export function AttachButton({ room }: { room: string }) {
  const none = place.value?.limits.upload_bytes === 0;
  const field = useRef<HTMLInputElement>(null);
  const chosen = () => {
    const input = field.current;
    if (!input?.files?.length) return;
    attach(room, [...input.files]);
    input.value = ""; // the same one may be chosen again
    wantFocus();
  };
  return (
    <>
      <button
        class="tool clip"
        type="button"
        aria-label="Attach files"
        title={none ? "No files can be sent here" : "Attach files"}
        disabled={none}
        onClick={() => field.current?.click()}
      >
        <Icon name="clip" />
      </button>
      <input ref={field} type="file" multiple hidden tabIndex={-1} aria-hidden="true" onChange={chosen} />
    </>
  );
}
