<?php
/**
 * The plugin goes: the service is told, and nothing of ours stays but what orders say of themselves.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'WP_UNINSTALL_PLUGIN' ) || exit;

foreach ( array( 'settings', 'wire', 'pairing', 'standing', 'upkeep' ) as $perennial_part ) {
	require_once __DIR__ . "/includes/class-$perennial_part.php";
}
const VERSION = '';

if ( Settings::is_paired() ) {
	Wire::ask( 'disconnect' );
}
Pairing::leave();
delete_option( Settings::OPTION );
delete_option( Settings::SECRETS );
delete_transient( Pairing::KNOCK );
