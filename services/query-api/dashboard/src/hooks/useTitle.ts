/** Names the page in the browser's tab. */
import { useEffect } from "react";

export function useTitle(name: string | undefined): void {
  useEffect(() => {
    document.title = name ? `${name} · arcwatch` : "arcwatch";
  }, [name]);
}
