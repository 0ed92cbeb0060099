/** Keeps one broken part from taking the page with it: a bug, or a piece of the page that the server no longer has. */
import { Component, type ReactNode } from "react";

interface Props {
  children: ReactNode;
}

export class Boundary extends Component<Props, { error: Error | null }> {
  override state: { error: Error | null } = { error: null };

  static getDerivedStateFromError(error: unknown): { error: Error } {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    return error ? <Broken error={error} /> : this.props.children;
  }
}

function Broken({ error }: { error: Error }) {
  return (
    <div role="alert" className="panel mx-auto mt-10 max-w-xl space-y-3 p-6">
      <h1 className="text-lg font-semibold">This page broke.</h1>
      <p className="text-muted text-sm">
        The server may have a newer version of it, or may not answer now. Loading it again mends both.
      </p>
      <pre className="bg-raised overflow-auto rounded-lg p-3 text-xs whitespace-pre-wrap">
        {error.message}
      </pre>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        Load again
      </button>
    </div>
  );
}
