/** A task's file, and its place on the Hub; of rows from before paths were kept, that it is not known. */
import type { Schemas } from "../../../api/client.ts";

type File = Pick<Schemas["TaskRow"], "path" | "blobOid" | "hubUrl">;

export function FileLink({ file: { path, hubUrl, blobOid } }: { file: File }) {
  if (!path || !hubUrl) return <span className="text-muted text-xs">{blobOid ? "path not kept" : "–"}</span>;
  return (
    <a className="link text-xs wrap-anywhere" href={hubUrl}>
      {path}
    </a>
  );
}
