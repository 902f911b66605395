/** The texts of the answering page; they load with it, because pupils' phones load nothing else. */
import { pupil as en } from "./en/pupil";
import { pupil as zhCN, type PupilMessages } from "./zh-CN/pupil";

export const pupilTexts: Readonly<Record<"zh-CN" | "en", PupilMessages>> = { "zh-CN": zhCN, en };
