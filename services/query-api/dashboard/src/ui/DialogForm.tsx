/** What a dialog asks for: its fields, and below them how to leave it and how to go on. */
import type { ReactNode, SyntheticEvent } from "react";

interface FormProps {
  go: string;
  disabled?: boolean;
  onSubmit: () => void;
  onClose: () => void;
  children: ReactNode;
}

export function DialogForm({ go, disabled = false, onSubmit, onClose, children }: FormProps) {
  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    if (!disabled) onSubmit();
  }
  return (
    <form onSubmit={submit} className="space-y-4">
      {children}
      <DialogFoot leave="Cancel" onClose={onClose}>
        <button type="submit" className="button button-primary" disabled={disabled}>
          {go}
        </button>
      </DialogFoot>
    </form>
  );
}

interface FootProps {
  leave: string;
  onClose: () => void;
  /** What goes on; nothing where all is done. */
  children?: ReactNode;
}

export function DialogFoot({ leave, onClose, children }: FootProps) {
  return (
    <div className="flex flex-wrap justify-end gap-2">
      <button type="button" className="button" onClick={onClose}>
        {leave}
      </button>
      {children}
    </div>
  );
}
