<?php
// Nextcloud's side of the teams' folders: `look` prints what is there, `do` does what it is told.
// What is to be done is decided by the Python beside it; here is only what Nextcloud alone can say.
declare(strict_types=1);

use OCA\Files_Sharing\ShareRecipientUpdater;
use OCA\User_LDAP\Access;
use OCA\User_LDAP\AccessFactory;
use OCA\User_LDAP\ConnectionFactory;
use OCA\User_LDAP\Helper;
use OCA\User_LDAP\Mapping\GroupMapping;
use OCA\User_LDAP\Mapping\UserMapping;
use OCA\User_LDAP\Service\UpdateGroupsService;
use OCP\App\IAppManager;
use OCP\Files\Config\IUserMountCache;
use OCP\Files\IRootFolder;
use OCP\IConfig;
use OCP\IDBConnection;
use OCP\IGroupManager;
use OCP\IUserManager;
use OCP\Server;
use OCP\Share\IManager;
use OCP\Share\IProviderFactory;
use OCP\Share\IShare;
use OCP\Util;

const OWNER = '_team-';
// Everything but owning: read, change, make, delete, share.
const PERMISSIONS = 31;

require_once '/srv/nextcloud/current/lib/base.php';

/** This service's own connection to the directory. */
function directory(): Access {
	$access = Server::get(AccessFactory::class)->get(Server::get(ConnectionFactory::class)->get('s01'));
	$access->setUserMapper(Server::get(UserMapping::class));
	$access->setGroupMapper(Server::get(GroupMapping::class));
	return $access;
}

/** The teams of the directory. */
function teams(): array {
	$access = directory();
	$connection = $access->connection;
	$link = $connection->getConnectionResource();
	$wanted = ['cn', 'member', 'kootwijkFilesQuota'];
	// By itself what is half an answer (a limit, a server that went away) looks like fewer teams.
	$found = @ldap_search($link, $connection->ldapBaseGroups[0], '(objectClass=groupOfNames)', $wanted);
	if ($found === false || ldap_errno($link) !== 0) {
		throw new RuntimeException('the directory: ' . ldap_error($link));
	}
	$teams = [];
	for ($entry = ldap_first_entry($link, $found); $entry; $entry = ldap_next_entry($link, $entry)) {
		$held = array_change_key_case(ldap_get_attributes($link, $entry));
		$members = array_slice($held['member'] ?? [0], 0, -1);
		sort($members);
		// In Nextcloud's own spelling: a team that it once learns in another is none of anybody's.
		$dn = Server::get(Helper::class)->sanitizeDN(ldap_get_dn($link, $entry));
		$gid = $access->dn2groupname($dn, $held['cn'][0]);
		$teams[] = [
			'name' => $held['cn'][0],
			'gid' => $gid === false ? '' : $gid,
			'members' => hash('sha256', implode("\n", $members)),
			'quota' => quota($held['kootwijkfilesquota'][0] ?? ''),
		];
	}
	return $teams;
}

/** A size as Nextcloud writes it; '' where there is none, '?' where it understands none. */
function quota(string $words): string {
	$bytes = $words === '' ? '' : Util::computerFileSize($words);
	return $bytes === '' ? '' : ($bytes ? Util::humanFileSize($bytes) : '?');
}

/** The accounts that own a folder, and with whom they share it. */
function folders(): array {
	$users = Server::get(IUserManager::class);
	$found = [];
	foreach ((new \OC\User\Database())->getUsers(OWNER) as $uid) {
		if (!str_starts_with($uid, OWNER)) {
			continue;
		}
		$user = $users->get($uid);
		$shares = [];
		foreach (Server::get(IManager::class)->getSharesBy($uid, IShare::TYPE_GROUP, null, false, -1) as $share) {
			$shares[] = ['id' => $share->getFullId(), 'gid' => $share->getSharedWith(),
				'permissions' => $share->getPermissions()];
		}
		$found[$uid] = ['title' => $user->getDisplayName(), 'quota' => $user->getQuota(), 'shares' => $shares];
	}
	return $found;
}

/** An account that nobody can log in to: no password is its password. */
function account(array $what): void {
	$users = Server::get(IUserManager::class);
	$user = $users->get($what['uid']);
	if ($user === null) {
		$user = $users->createUserFromBackend($what['uid'], bin2hex(random_bytes(24)) . 'aA1!', new \OC\User\Database());
		// Who was never here is passed over when old versions and deleted files are cleared away.
		$user->updateLastLoginTimestamp();
	}
	$query = Server::get(IDBConnection::class)->getQueryBuilder();
	$query->update('users')->set('password', $query->createNamedParameter(''))
		->where($query->expr()->eq('uid', $query->createNamedParameter($what['uid'])))->executeStatement();
	$user->setDisplayName($what['title']);
	$user->setQuota($what['quota']);
}

/** Whom it first meets as a member has no address and no quota with it until it looks at everybody. */
function meet(string $gid): void {
	$access = directory();
	$member = 'memberOf=' . $access->escapeFilterPart($access->groupname2dn($gid));
	$filter = $access->combineFilterWithAnd([$access->connection->ldapUserFilter, $member]);
	$access->fetchListOfUsers($filter, $access->userManager->getAttributes());
}

function share(array $what): void {
	meet($what['gid']);
	$home = Server::get(IRootFolder::class)->getUserFolder($what['uid']);
	$folder = $home->nodeExists($what['folder']) ? $home->get($what['folder']) : $home->newFolder($what['folder']);
	$manager = Server::get(IManager::class);
	$share = $manager->newShare();
	$share->setNode($folder)->setShareType(IShare::TYPE_GROUP)->setSharedWith($what['gid'])
		->setPermissions(PERMISSIONS)->setSharedBy($what['uid'])->setShareOwner($what['uid'])->setMailSend(false);
	$manager->createShare($share);
}

function unshare(array $what): void {
	$manager = Server::get(IManager::class);
	$share = $manager->getShareById($what['share']);
	if (Server::get(IGroupManager::class)->groupExists($share->getSharedWith())) {
		$manager->deleteShare($share);
		return;
	}
	// Of a team that is gone nobody can say who was in it; who has the folder in view can be told.
	Server::get(IProviderFactory::class)->getProviderForType(IShare::TYPE_GROUP)->delete($share);
	foreach (Server::get(IUserMountCache::class)->getMountsForRootId($share->getNodeId()) as $mount) {
		Server::get(ShareRecipientUpdater::class)->updateForUser($mount->getUser());
	}
}

/** Have Nextcloud see who came into a team and who left it; by itself it looks once an hour. */
function members(array $what): void {
	meet($what['gid']);
	Server::get(UpdateGroupsService::class)->handleKnownGroups([$what['gid']]);
}

$config = Server::get(IConfig::class);
if (!$config->getSystemValueBool('installed') || $config->getSystemValueBool('maintenance') || Util::needUpgrade()) {
	echo json_encode(['busy' => true]), "\n";
	exit(0);
}
Server::get(IAppManager::class)->loadApps();
try {
	if ($argv[1] === 'look') {
		$seen = ['busy' => false, 'teams' => teams(), 'folders' => (object)folders()];
		echo json_encode($seen, JSON_THROW_ON_ERROR | JSON_INVALID_UTF8_SUBSTITUTE), "\n";
	} else {
		$verbs = ['account' => account(...), 'share' => share(...), 'unshare' => unshare(...), 'members' => members(...)];
		foreach (json_decode(stream_get_contents(STDIN), true, 8, JSON_THROW_ON_ERROR) as $number => $what) {
			try {
				$verbs[$what['do']]($what);
				echo json_encode(['number' => $number, 'error' => '']), "\n";
			} catch (Throwable $why) {
				$words = get_class($why) . ': ' . $why->getMessage();
				echo json_encode(['number' => $number, 'error' => $words], JSON_INVALID_UTF8_SUBSTITUTE), "\n";
			}
		}
	}
} catch (Throwable $why) {
	fwrite(STDERR, $why->getMessage() . "\n");
	exit(1);
}
