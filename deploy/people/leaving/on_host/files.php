<?php
// WHAT UID: a person's tokens in Nextcloud. Run as its user; the last line it says is JSON.
// https://docs.nextcloud.com/server/stable/developer_manual/ (OCP\Authentication\Token)
declare(strict_types=1);
const NAME = 'Kootwijk leave probe';
const ROOT = '/srv/nextcloud/current';
[, $what, $uid] = $argv;
require_once ROOT . '/lib/base.php';
$tokens = \OCP\Server::get(\OC\Authentication\Token\IProvider::class);
$held = static fn (): array => $tokens->getTokenByUser($uid);
$do = [
    'count' => static function () use ($held): array {
        $found = ['sessions' => 0, 'app passwords' => 0];
        foreach ($held() as $token) {
            $found[$token->jsonSerialize()['type'] === 1 ? 'app passwords' : 'sessions']++;
        }
        return $found;
    },
    'make' => static function () use ($tokens, $uid): string {
        $secret = \OCP\Server::get(\OCP\Security\ISecureRandom::class)->generate(72);
        $tokens->generateToken($secret, $uid, $uid, null, NAME, 1);
        return $secret;
    },
    'end' => static function () use ($tokens, $held, $uid): int {
        foreach ($held() as $token) {
            $tokens->invalidateTokenById($uid, $token->getId());
        }
        return count($held());
    },
    'sweep' => static function () use ($tokens, $held, $uid): int {
        $gone = 0;
        foreach ($held() as $token) {
            if ($token->getName() === NAME) {
                $tokens->invalidateTokenById($uid, $token->getId());
                $gone++;
            }
        }
        return $gone;
    },
];
echo "\n" . json_encode($do[$what](), JSON_THROW_ON_ERROR) . "\n";
