<?php
/**
 * Plugin Name:       Perennial Loyalty for WooCommerce
 * Description:       Points, levels, rewards and giving for your shop's members, from your Perennial account.
 * Version:           1.2.1
 * Requires at least: 6.5
 * Requires PHP:      7.4
 * Requires Plugins:  woocommerce
 * Text Domain:       perennial-loyalty
 * Domain Path:       /languages
 * License:           GPL-2.0-or-later
 * License URI:       https://www.gnu.org/licenses/gpl-2.0.html
 * WC requires at least: 8.9
 * WC tested up to:   10.9
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

const VERSION = '1.2.1';
const FILE    = __FILE__;

spl_autoload_register(
	static function ( $name ) {
		if ( 0 === strpos( $name, __NAMESPACE__ . '\\' ) ) {
			$part = strtolower( str_replace( '_', '-', substr( $name, strlen( __NAMESPACE__ ) + 1 ) ) );
			$file = __DIR__ . "/includes/class-$part.php";
			if ( is_readable( $file ) ) {
				require_once $file;
			}
		}
	}
);

add_action(
	'before_woocommerce_init',
	static function () {
		$features = '\Automattic\WooCommerce\Utilities\FeaturesUtil';
		if ( class_exists( $features ) ) {
			$features::declare_compatibility( 'custom_order_tables', __FILE__, true );
			$features::declare_compatibility( 'cart_checkout_blocks', __FILE__, true );
		}
	}
);

add_action(
	'init',
	static function () {
		load_plugin_textdomain( 'perennial-loyalty', false, dirname( plugin_basename( __FILE__ ) ) . '/languages' );
	},
	0
);

// Which files lie there WordPress need not look up: it tries the one of the page's language anyway.
add_filter(
	'pre_get_language_files_from_path',
	static function ( $files, $path ) {
		return __DIR__ . '/languages/' === $path ? array() : $files;
	},
	10,
	2
);

add_action(
	'plugins_loaded',
	static function () {
		if ( ! class_exists( 'WooCommerce' ) ) {
			return;
		}
		add_action( 'rest_api_init', array( Pairing::class, 'open_doors' ) );
		if ( is_admin() ) {
			Pairing::hook();
			Admin_Page::hook();
			Sign_In::hook();
			Token::hook();
			Privacy::hook();
		}
		Upkeep::hook();
		Surfaces::hook();
		Surfaces::register();
		Blocks::hook();
		Row_Note::hook();
		Account_Tab::hook();
		Donation::hook();
		Standing::hook();
		Early_Access::hook();
		if ( isset( $_GET[ Cart_Code::ASKED ] ) ) { // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- a link, like any coupon's.
			Cart_Code::hook();
		}
	}
);

register_activation_hook( __FILE__, array( Upkeep::class, 'resume' ) );
register_deactivation_hook( __FILE__, array( Upkeep::class, 'stop' ) );
