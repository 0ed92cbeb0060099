/** A modal dialog of the browser's own: focus stays inside, Escape closes it, and focus returns to what opened it. */
import { type ReactNode, useId } from "react";

interface ModalProps {
  onClose: () => void;
  className: string;
  children: ReactNode;
}

function show(dialog: HTMLDialogElement): () => void {
  const opener = document.activeElement;
  dialog.showModal();
  return () => {
    dialog.close();
    // What closed it may change the page, too: the opener may be gone after that.
    queueMicrotask(() => giveBack(opener));
  };
}

/** Focuses what opened a dialog; where that is gone, or an address opened it, what the dialog was about. */
function giveBack(opener: Element | null): void {
  if (document.activeElement !== document.body && document.activeElement !== null) return;
  if (opener instanceof HTMLElement || opener instanceof SVGElement) opener.focus({ preventScroll: true });
  if (document.activeElement !== document.body) return;
  document.getElementById("main")?.focus({ preventScroll: true });
}

/** The dialog alone, without a title. */
export function Modal({ onClose, className, children, ...named }: ModalProps & LabelProps) {
  return (
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/no-noninteractive-element-interactions -- Escape closes it too
    <dialog
      ref={show}
      {...named}
      className={`panel overflow-auto p-0 shadow-2xl ${className}`}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === event.currentTarget) onClose();
      }}
    >
      {children}
    </dialog>
  );
}

type LabelProps = { "aria-label": string } | { "aria-labelledby": string };

interface DialogProps {
  title: ReactNode;
  onClose: () => void;
  wide?: boolean;
  actions?: ReactNode;
  children: ReactNode;
}

export function Dialog({ title, onClose, wide = false, actions, children }: DialogProps) {
  const id = useId();
  const size = wide ? "min-h-[60dvh] max-w-6xl" : "max-w-lg";
  return (
    <Modal
      aria-labelledby={id}
      onClose={onClose}
      className={`mt-[4dvh] max-h-[92dvh] w-[calc(100vw-1.5rem)] ${size}`}
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
    </Modal>
  );
}
