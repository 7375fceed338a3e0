#include "service.h"

#include <fnmatch.h>
#include <stddef.h>

static bool matches_any(const char *service, const char *const *patterns) {
    for (; *patterns != NULL; patterns++) {
        if (fnmatch(*patterns, service, FNM_CASEFOLD) == 0) {
            return true;
        }
    }
    return false;
}

bool service_is_remote(const char *service) {
    static const char *const patterns[] = {/* shells */
        "ssh", "sshd*", "dropbear*", "remote", "rlogin", "rsh", "rexec", "telnet*", "teleport*",
        /* desktops */
        "xrdp*", "krdp*", "*remote-desktop*", "*vnc*", "nx*", "nomachine*", "xpra*", "x2go*", "guac*", "rustdesk*",
        /* administration by a browser */
        "cockpit*", "webmin*", "rstudio*", "jupyter*",
        /* networks */
        "ppp*", "*vpn*", "*swan*", "*radius*",
        /* files, mail, proxies, the web, databases, printing */
        "ftp*", "*ftpd*", "samba*", "smb*", "netatalk*", "dovecot*", "imap*", "pop3*", "smtp*", "sieve*", "cyrus*",
        "saslauthd*", "squid*", "apache*", "httpd*", "nginx*", "postgres*", "mysql*", "mariadb*", "ejabberd*", "xmpp*",
        "prosody*", "gitlab*", "cups*", NULL};

    return matches_any(service, patterns);
}

bool service_is_greeter(const char *service) {
    static const char *const patterns[] = {"gdm*", "lightdm*", "sddm*", "lxdm*", "xdm*", "wdm*", "slim*", "greetd*",
        "ly", "lemurs", "emptty", "kde*", "plasmalogin*", "cosmic-greeter*", NULL};

    return matches_any(service, patterns);
}

bool service_is_sudo(const char *service) {
    static const char *const patterns[] = {"sudo", "sudo-i", NULL};

    return matches_any(service, patterns);
}

bool service_is_polkit(const char *service) {
    return fnmatch("polkit-1", service, FNM_CASEFOLD) == 0;
}
