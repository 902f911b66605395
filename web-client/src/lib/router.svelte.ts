/**
 * Where we are: the page in the URL's fragment, e.g. `#/lesson/{id}/studio`. What people type or scan is a path of its
 * own, e.g. `/screen`; it counts as long as there is no fragment.
 */

export type Route =
  | { page: "home" }
  | { page: "library"; query: string }
  | { page: "replay"; recording: string }
  | { page: "studio"; lesson: string }
  | { page: "classroom"; lesson: string; classroom: string }
  | { page: "assistant"; lesson: string; classroom: string }
  | { page: "observe"; lesson: string }
  | { page: "check"; lesson: string; classroom: string | null }
  | { page: "report"; lesson: string }
  | { page: "observations"; lesson: string }
  | { page: "preflight" }
  | { page: "screen" }
  | { page: "classes" }
  | { page: "class"; classroom: string }
  | { page: "pair"; code: string }
  | { page: "devices" }
  | { page: "poll"; code: string }
  | { page: "unknown" };

/** Pages of a lesson that need nothing but the lesson. */
const LESSON_PAGES = ["studio", "observe", "report", "observations"] as const;

export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [first, second, third, fourth] = path.split("/").filter(Boolean).map(decoded);
  if (first === undefined) return { page: "home" };
  if (first === "library" && second === undefined) {
    return { page: "library", query: new URLSearchParams(search).get("q") ?? "" };
  }
  if (first === "replay" && second !== undefined) return { page: "replay", recording: second };
  if ((first === "preflight" || first === "screen") && second === undefined) return { page: first };
  if (first === "classes") return second === undefined ? { page: "classes" } : { page: "class", classroom: second };
  if (first === "pair") return { page: "pair", code: second ?? "" };
  if (first === "poll") return { page: "poll", code: second ?? "" };
  if (first === "devices" && second === undefined) return { page: "devices" };
  if (first !== "lesson" || second === undefined) return { page: "unknown" };
  const plain = LESSON_PAGES.find((page) => page === third);
  if (plain !== undefined) return { page: plain, lesson: second };
  if (third === "check") return { page: "check", lesson: second, classroom: fourth ?? null };
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
    case "check":
      return `#/lesson/${id(route.lesson)}/check${route.classroom === null ? "" : `/${id(route.classroom)}`}`;
    case "preflight":
    case "screen":
    case "classes":
    case "devices":
      return `#/${route.page}`;
    case "class":
      return `#/classes/${id(route.classroom)}`;
    case "poll":
      return route.code === "" ? "#/poll" : `#/poll/${id(route.code)}`;
    case "pair":
      return route.code === "" ? "#/pair" : `#/pair/${id(route.code)}`;
    case "studio":
    case "observe":
    case "report":
    case "observations":
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
      this.route = parseRoute(location.hash === "" ? location.pathname : location.hash);
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
