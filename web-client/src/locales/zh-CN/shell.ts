/** 界面外壳、公共词语与错误。 */

export const shell = {
  product: "空中课堂",
  language: { label: "语言", zh: "中文", en: "EN", zhShort: "中", enShort: "EN" },
  nav: { main: "主导航", today: "今天", library: "课例库", signOut: "退出登录", skip: "跳到正文" },
  roles: { administrator: "管理员", master: "主讲", assistant: "辅导", observer: "听课", pupil: "学生" },
  common: {
    retry: "再试一次",
    back: "返回今天",
    cancel: "取消",
    close: "关闭",
    loading: "正在加载……",
    working: "正在处理……",
    seconds: (n: number) => `${n} 秒`,
    waited: (time: string) => `已等 ${time}`,
  },
  errors: {
    offline: "连不上服务器。请检查网络，然后再试。",
    forbidden: "这个账号不能打开它。",
    notFound: "找不到，可能已经删除，或者不属于您的学校。",
    tooMany: "试得太频繁了，请过一会儿再试。",
    unknown: "出了问题，请再试一次；仍不行请联系管理员。",
    storage: "服务器空间不足，请联系管理员。",
  },
  notFound: { title: "没有这个页面", body: "网址可能不完整，或者页面已经移走。" },
};
