/** The language of the pages: Chinese first, English complete; chosen once, remembered, switched without a reload. */
import { en } from "$locales/en";
import { zhCN, type Messages } from "$locales/zh-CN";
import { remember, remembered } from "./preferences";

export type Language = "zh-CN" | "en";

const messages: Record<Language, Messages> = { "zh-CN": zhCN, en };

function initial(): Language {
  const chosen = remembered("language");
  if (chosen === "zh-CN" || chosen === "en") return chosen;
  return typeof navigator !== "undefined" && /^en\b/i.test(navigator.language) ? "en" : "zh-CN";
}

class Locale {
  language = $state<Language>(initial());
  /** The texts in the current language. */
  readonly text: Messages = $derived(messages[this.language]);

  choose(language: Language): void {
    this.language = language;
    remember("language", language);
  }
}

export const locale = new Locale();
