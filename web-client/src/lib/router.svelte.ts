/**
 * Where we are: the page in the URL's fragment, e.g. `#/lesson/{id}/studio`. The fragment keeps the server free of page
 * paths, so a path it does not know stays a plain 404.
 */

export type Route =
  | { page: "home" }
  | { page: "library"; query: string }
  | { page: "replay"; recording: string }
  | { page: "studio"; lesson: string }
  | { page: "classroom"; lesson: string; classroom: string }
  | { page: "assistant"; lesson: string; classroom: string }
  | { page: "observe"; lesson: string }
  | { page: "unknown" };

export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [first, second, third, fourth] = path.split("/").filter(Boolean).map(decoded);
  if (first === undefined) return { page: "home" };
  if (first === "library" && second === undefined) {
    return { page: "library", query: new URLSearchParams(search).get("q") ?? "" };
  }
  if (first === "replay" && second !== undefined) return { page: "replay", recording: second };
  if (first !== "lesson" || second === undefined) return { page: "unknown" };
  if (third === "studio") return { page: "studio", lesson: second };
  if (third === "observe") return { page: "observe", lesson: second };
  if (fourth !== undefined && (third === "classroom" || third === "assistant")) {
    return { page: third, lesson: second, classroom: fourth };
  }
  return { page: "unknown" };
}

export function hrefTo(route: Exclude<Route, { page: "unknown" }>): string {
  const id = encodeURIComponent;
  switch (route.page) {
    case "home":
      return "#/";
    case "library":
      return route.query === "" ? "#/library" : `#/library?${new URLSearchParams({ q: route.query })}`;
    case "replay":
      return `#/replay/${id(route.recording)}`;
    case "studio":
    case "observe":
      return `#/lesson/${id(route.lesson)}/${route.page}`;
    case "classroom":
    case "assistant":
      return `#/lesson/${id(route.lesson)}/${route.page}/${id(route.classroom)}`;
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

class Router {
  route = $state.raw<Route>({ page: "home" });

  /** Follows the address bar; returns how to stop. */
  start(): () => void {
    const follow = () => {
      this.route = parseRoute(location.hash);
    };
    follow();
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }

  go(route: Exclude<Route, { page: "unknown" }>): void {
    location.hash = hrefTo(route);
  }
}

export const router = new Router();
