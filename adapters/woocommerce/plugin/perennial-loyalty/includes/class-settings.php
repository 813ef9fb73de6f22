<?php
/**
 * What the plugin keeps: one small option that is loaded with every page, one that never is.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * The plugin's two options.
 */
final class Settings {

	const OPTION  = 'perennial_settings'; // Autoloaded: what pages need, nothing secret.
	const SECRETS = 'perennial_secrets';

	/**
	 * The first option as this request knows it: every page asks for it many times.
	 *
	 * @var array|null
	 */
	private static $kept = null;

	/**
	 * One of our settings.
	 *
	 * @param string $name      Its name.
	 * @param mixed  $otherwise What it is until it is set.
	 * @return mixed
	 */
	public static function get( string $name, $otherwise = null ) {
		if ( null === self::$kept ) {
			$kept       = get_option( self::OPTION, array() );
			self::$kept = is_array( $kept ) ? $kept : array();
		}
		return isset( self::$kept[ $name ] ) ? self::$kept[ $name ] : $otherwise;
	}

	/**
	 * Change some settings; null takes one away.
	 *
	 * @param array $changes Values by name.
	 */
	public static function put( array $changes ): void {
		$kept = get_option( self::OPTION, array() );
		$kept = array_merge( is_array( $kept ) ? $kept : array(), $changes );
		update_option( self::OPTION, array_filter( $kept, array( self::class, 'is_set' ) ), true );
		self::$kept = null;
	}

	/**
	 * A secret; an empty string while there is none.
	 *
	 * @param string $name plugin, widget, plugin_next, widget_next; key: what WooCommerce knows our key by.
	 */
	public static function secret( string $name ): string {
		$kept = get_option( self::SECRETS, array() );
		return is_array( $kept ) && isset( $kept[ $name ] ) ? (string) $kept[ $name ] : '';
	}

	/**
	 * Keep these secrets and no others.
	 *
	 * @param array $secrets Texts by name.
	 */
	public static function put_secrets( array $secrets ): void {
		update_option( self::SECRETS, $secrets, false );
	}

	/**
	 * Where the service is: as the merchant's copy of the plugin says, or as it was paired.
	 */
	public static function service(): string {
		$named = self::get( 'service' );
		if ( null === $named ) {
			$made_for = __DIR__ . '/../service.php';
			$named    = is_readable( $made_for ) ? include $made_for : '';
		}
		return untrailingslashit( (string) $named );
	}

	/**
	 * Whether the shop's admin has confirmed which account it joins.
	 */
	public static function is_paired(): bool {
		return 'paired' === self::get( 'state' );
	}

	/**
	 * Forget the account; the service's address stays.
	 */
	public static function forget(): void {
		$service = self::service();
		delete_option( self::SECRETS );
		update_option( self::OPTION, array_filter( array( 'service' => $service ) ), true );
		self::$kept = null;
	}

	/**
	 * What the service told in several languages, in the reader's.
	 *
	 * @param array  $words     By language: en, ar, zh-Hant.
	 * @param string $otherwise What it is where nothing was told.
	 */
	public static function in_language( array $words, string $otherwise ): string {
		$tag = substr( determine_locale(), 0, 2 );
		$tag = 'zh' === $tag ? 'zh-Hant' : $tag;
		return (string) ( $words[ $tag ] ?? $words['en'] ?? $otherwise );
	}

	/**
	 * Whether a value is more than nothing.
	 *
	 * @param mixed $value Any.
	 */
	private static function is_set( $value ): bool {
		return null !== $value;
	}
}
