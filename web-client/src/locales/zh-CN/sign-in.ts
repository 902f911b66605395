/** 登录与第一次使用。 */

export const signIn = {
  title: "登录",
  lead: "一位老师讲，许多教室一起上课。",
  name: "账号",
  password: "密码",
  submit: "登录",
  show: "显示密码",
  hide: "隐藏密码",
  wrong: "账号或密码不对。",
  needName: "请填写账号。",
  needPassword: "请填写密码。",
  expired: "登录已经失效，请重新登录。",
};

export const setup = {
  title: "第一次使用",
  lead: "请建立第一个管理员账号。安装码印在服务器启动时的窗口里。",
  code: "安装码",
  name: "账号",
  nameHint: "登录时用，例如 admin",
  displayName: "姓名",
  password: "密码",
  passwordHint: "至少 8 个字符",
  submit: "建立账号",
  wrongCode: "安装码不对，请再核对一次。",
  rejected: "请检查这一项。",
};
