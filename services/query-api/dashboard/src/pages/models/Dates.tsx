/** When a submission was uploaded to the Hub, and when its model was released. What is not known is a dash. */
import type { ModelRow } from "../../api/client.ts";
import { When } from "../../ui/Ago.tsx";

/** When its commit was made. */
export function Published({ row: { publishedAt } }: { row: ModelRow }) {
  return publishedAt === null ? "–" : <When at={publishedAt} />;
}

/** A day without a time: it is the same in every zone. */
export function Released({ row: { releaseDate } }: { row: ModelRow }) {
  return releaseDate === null ? "–" : <time dateTime={releaseDate}>{releaseDate}</time>;
}
