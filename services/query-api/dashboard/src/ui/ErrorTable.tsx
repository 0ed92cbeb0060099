/** What was wrong with files, one by one. */
import type { Schemas } from "../api/client.ts";
import { kindName } from "../lib/names.ts";
import { Badge } from "./Badge.tsx";
import { Scroll } from "./Scroll.tsx";

export function ErrorTable({ errors }: { errors: readonly Schemas["IngestionError"][] }) {
  return (
    <Scroll label="Problems of files" className="max-h-72 overflow-auto">
      <table className="w-full text-left text-sm">
        <thead className="label">
          <tr>
            <th className="py-1.5 pr-4">File</th>
            <th className="py-1.5 pr-4">Kind</th>
            <th className="py-1.5">What</th>
          </tr>
        </thead>
        <tbody>
          {errors.map((each, place) => (
            <tr key={place} className="border-line border-t align-top">
              <td className="py-1.5 pr-4 font-mono text-xs">{each.puzzleId ?? "–"}</td>
              <td className="py-1.5 pr-4">
                <Badge tone={each.fatal ? "bad" : "part"}>{kindName(each.kind)}</Badge>
              </td>
              <td className="text-muted py-1.5 break-words">{each.message}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}
