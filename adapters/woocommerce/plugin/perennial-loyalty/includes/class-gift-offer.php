<?php
/**
 * What may be given with an order here and now, read from what the service told.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * Two ways to give: rounding the total up, and adding an amount. A cause is offered in the ways of the
 * programmes that name it, and each way has its own mark for the order's line.
 */
final class Gift_Offer {

	const ROUND_UP = 'round_up';
	const ADD_ON   = 'add_on';
	const OWN      = 'own'; // An amount the shopper writes.
	const DIGITS   = 9; // More than any amount we take.

	/**
	 * What was found before by this request, by currency and language: a page with a form asks many times.
	 *
	 * @var array
	 */
	private static $found = array();

	/**
	 * Whether this shop gives at all.
	 */
	public static function is_there(): bool {
		$told = Settings::is_paired() ? Settings::get( 'settings' ) : null;
		return is_array( $told ) && ! empty( $told['donation']['causes'] );
	}

	/**
	 * What may be given; null where nothing is asked, and in another currency than the programmes'.
	 *
	 * @return array|null causes, amounts_minor, round_up_to_minor, least_minor, most_minor, currency, exponent, said.
	 */
	public static function now(): ?array {
		if ( ! self::is_there() ) {
			return null;
		}
		$about = get_woocommerce_currency() . ' ' . determine_locale();
		if ( ! array_key_exists( $about, self::$found ) ) {
			self::$found[ $about ] = self::read( get_woocommerce_currency() );
		}
		return self::$found[ $about ];
	}

	/**
	 * What may be given, from what was told.
	 *
	 * @param string $currency What the shop sells in now.
	 * @return array|null As now().
	 */
	private static function read( string $currency ): ?array {
		$offer = Settings::get( 'settings' )['donation'] + array(
			'currency'          => '',
			'exponent'          => 0,
			'amounts_minor'     => array(),
			'round_up_to_minor' => 0,
			'least_minor'       => 0,
			'most_minor'        => 0,
			'said'              => array(),
			'times'             => array(),
		);
		if ( $currency !== $offer['currency'] ) {
			return null;
		}
		$ways = self::open( $offer['times'] );
		if ( ! isset( $ways[ self::ROUND_UP ] ) ) {
			$offer['round_up_to_minor'] = 0;
		}
		if ( ! isset( $ways[ self::ADD_ON ] ) ) {
			$offer['amounts_minor'] = array();
			$offer['most_minor']    = 0;
		}
		$causes = array();
		foreach ( $offer['causes'] as $told ) {
			$causes[] = self::cause_told( $told, $ways );
		}
		$offer['causes'] = array_values( array_filter( $causes ) );
		$offer['said']   = Settings::in_language( $offer['said'], '' );
		return $offer['causes'] ? $offer : null;
	}

	/**
	 * The cause of this key.
	 *
	 * @param array $offer What may be given.
	 * @param mixed $key   As somebody named it.
	 * @return array|null key, name, ways.
	 */
	public static function cause( array $offer, $key ): ?array {
		foreach ( $offer['causes'] as $cause ) {
			if ( $cause['key'] === $key ) {
				return $cause;
			}
		}
		return null;
	}

	/**
	 * Which way a gift is given.
	 *
	 * @param string $gift round_up, or an amount in smallest units.
	 */
	public static function way( string $gift ): string {
		return self::ROUND_UP === $gift ? self::ROUND_UP : self::ADD_ON;
	}

	/**
	 * Whether a gift is one of those we offer; anything else that looks like a number is not.
	 *
	 * @param array $offer What may be given.
	 * @param mixed $gift  As somebody named it.
	 */
	public static function has( array $offer, $gift ): bool {
		if ( self::ROUND_UP === $gift ) {
			return 1 < (int) $offer['round_up_to_minor'];
		}
		if ( ! is_string( $gift ) || ! preg_match( '/^[1-9][0-9]{0,' . ( self::DIGITS - 1 ) . '}$/D', $gift ) ) {
			return false;
		}
		$is_between = (int) $gift >= max( 1, $offer['least_minor'] ) && (int) $gift <= $offer['most_minor'];
		return $is_between || in_array( (int) $gift, array_map( 'intval', $offer['amounts_minor'] ), true );
	}

	/**
	 * Whether shoppers may name an amount.
	 *
	 * @param array $offer What may be given.
	 */
	public static function has_own( array $offer ): bool {
		return 0 < $offer['most_minor'];
	}

	/**
	 * An amount as a shopper wrote it, in smallest units; null for anything that is not plainly one.
	 *
	 * @param array $offer What may be given.
	 * @param mixed $text  Figures of the reader's script, with the shop's decimal sign or a point.
	 */
	public static function written( array $offer, $text ): ?string {
		if ( ! is_string( $text ) ) {
			return null;
		}
		$figures = preg_split( '//u', '٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹０１２３４５６７８９', -1, PREG_SPLIT_NO_EMPTY );
		$plain   = array_merge( range( 0, 9 ), range( 0, 9 ), range( 0, 9 ) );
		$text    = trim( str_replace( $figures, $plain, $text ) );
		$signs   = array( wc_get_price_decimal_separator(), '٫' );
		if ( '.' !== wc_get_price_thousand_separator() ) {
			$signs[] = '.';
		}
		$places = (int) $offer['exponent'];
		$form   = '/^([0-9]{1,' . self::DIGITS . '})(?:[' . preg_quote( implode( '', $signs ), '/' ) . ']([0-9]{1,' . max( 1, $places ) . '}))?$/Du';
		if ( ! preg_match( $form, $text, $found ) || ( isset( $found[2] ) && 0 === $places ) ) {
			return null;
		}
		return ltrim( $found[1] . str_pad( $found[2] ?? '', $places, '0' ), '0' );
	}

	/**
	 * The ways that are open at this hour. The service tells when a programme begins; that one is over is
	 * known here, too.
	 *
	 * @param array $times from and until by way, in Unix seconds; until 0 has no end.
	 * @return array The ways as keys.
	 */
	private static function open( array $times ): array {
		$ways = array(
			self::ROUND_UP => true,
			self::ADD_ON   => true,
		);
		foreach ( array_intersect_key( $times, $ways ) as $way => $one ) {
			if ( time() < $one['from'] || ( 0 < $one['until'] && time() >= $one['until'] ) ) {
				unset( $ways[ $way ] );
			}
		}
		return $ways;
	}

	/**
	 * A cause as it was told, in the reader's language; null for one that nothing can be given to.
	 * Settings of an older service name no ways: then there are both, and the key is their mark.
	 *
	 * @param array $told key, names, ways.
	 * @param array $open The ways that are open, as keys.
	 * @return array|null
	 */
	private static function cause_told( array $told, array $open ): ?array {
		$key  = (string) ( $told['key'] ?? '' );
		$ways = $told['ways'] ?? array_fill_keys( array_keys( $open ), $key );
		$ways = array_filter( array_intersect_key( $ways, $open ) );
		if ( '' === $key || ! $ways ) {
			return null;
		}
		return array(
			'key'  => $key,
			'name' => Settings::in_language( $told['names'] ?? array(), $told['name'] ?? $key ),
			'ways' => $ways,
		);
	}
}
