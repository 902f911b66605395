/** A failed API call in the words of the page. */
import { ApiError } from "$lib/api/client";
import type { Messages } from "$locales/zh-CN";

export function problemText(error: unknown, text: Messages): string {
  if (!(error instanceof ApiError)) return text.errors.unknown;
  if (error.code === "offline") return text.errors.offline;
  switch (error.status) {
    case 401:
      return text.signIn.expired;
    case 403:
      return text.errors.forbidden;
    case 404:
      return text.errors.notFound;
    case 429:
      return text.errors.tooMany;
    case 507:
      return text.errors.storage;
    default:
      return text.errors.unknown;
  }
}
