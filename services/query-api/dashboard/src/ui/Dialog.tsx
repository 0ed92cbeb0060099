/** A modal dialog of the browser's own: focus stays inside, Escape closes it. */
import { type ReactNode, useId } from "react";

interface DialogProps {
  title: ReactNode;
  onClose: () => void;
  wide?: boolean;
  actions?: ReactNode;
  children: ReactNode;
}

function show(dialog: HTMLDialogElement): () => void {
  dialog.showModal();
  return () => dialog.close();
}

export function Dialog({ title, onClose, wide = false, actions, children }: DialogProps) {
  const id = useId();
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Escape closes it too
    <dialog
      ref={show}
      aria-labelledby={id}
      className={`panel mt-[4dvh] max-h-[92dvh] w-[calc(100vw-1.5rem)] overflow-auto p-0 shadow-2xl ${wide ? "min-h-[60dvh] max-w-6xl" : "max-w-lg"}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      <div className="bg-panel border-line sticky top-0 z-10 flex items-center gap-3 border-b px-5 py-3.5">
        <h2 id={id} className="min-w-0 flex-1 text-base font-semibold">
          {title}
        </h2>
        {actions}
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
      </div>
      <div className="p-5">{children}</div>
    </dialog>
  );
}
