/** Stands where a part of the page broke: a bug, or a piece of the page that the server no longer has. */
import type { FallbackProps } from "react-error-boundary";

export function Broken({ error }: FallbackProps) {
  return (
    <div role="alert" className="panel mx-auto mt-10 max-w-xl space-y-3 p-6">
      <h1 className="text-lg font-semibold">This page broke.</h1>
      <p className="text-muted text-sm">
        The server may have a newer version of it, or may not answer now. Loading it again mends both.
      </p>
      <pre className="bg-raised overflow-auto rounded-lg p-3 text-xs whitespace-pre-wrap">
        {error instanceof Error ? error.message : String(error)}
      </pre>
      <button type="button" className="button" onClick={() => window.location.reload()}>
        Load again
      </button>
    </div>
  );
}
