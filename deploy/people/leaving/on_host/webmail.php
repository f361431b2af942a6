<?php
// WHAT UID ADDRESS: what web mail keeps of a person. Run as its user; the last line it says is JSON.
// What hangs on an account goes with it: every table of Roundcube's says so (ON DELETE CASCADE).
declare(strict_types=1);
const INSTALL_PATH = '/var/lib/roundcube/';
const TABLES = ['identities', 'contacts', 'collected_addresses', 'responses'];
[, $what, $uid, $address] = $argv;
require_once INSTALL_PATH . 'program/include/clisetup.php';
$db = rcmail::get_instance()->get_dbh();
$db->db_connect('w');
$users = $db->table_name('users', true);
$mine = 'user_id IN (SELECT user_id FROM ' . $users . ' WHERE username IN (?, ?))';
$count = static function (string $table) use ($db, $mine, $uid, $address): int {
    $found = $db->query("SELECT count(*) AS n FROM $table WHERE $mine", $uid, $address);
    if ($db->is_error()) {
        throw new RuntimeException($db->is_error());
    }
    return (int) $db->fetch_assoc($found)['n'];
};
if ($what === 'erase') {
    $db->query("DELETE FROM $users WHERE $mine", $uid, $address);
    if ($db->is_error()) {
        throw new RuntimeException($db->is_error());
    }
}
$found = ['account' => $count($users)];
foreach (TABLES as $table) {
    $found[str_replace('_', ' ', $table)] = $count($db->table_name($table, true));
}
echo "\n" . json_encode($found, JSON_THROW_ON_ERROR) . "\n";
