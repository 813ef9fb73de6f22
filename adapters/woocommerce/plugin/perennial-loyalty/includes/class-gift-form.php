<?php
/**
 * The gift in the classic cart and the classic checkout: plain forms that work without a script.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * Radio buttons, none of them chosen before.
 */
final class Gift_Form {

	const GIFT  = 'perennial_gift';
	const CAUSE = 'perennial_cause';
	const OWN   = 'perennial_own';
	const SAVE  = 'perennial_save_gift';

	/**
	 * Take part in what WooCommerce does.
	 */
	public static function hook(): void {
		add_action( 'wp_loaded', array( self::class, 'save' ), 20 );
		add_action( 'wp_enqueue_scripts', array( self::class, 'add_files' ) );
		add_action( 'woocommerce_before_cart_collaterals', array( self::class, 'show_in_cart' ) );
		add_action( 'woocommerce_review_order_before_payment', array( self::class, 'show_in_checkout' ) );
		add_action( 'woocommerce_checkout_update_order_review', array( self::class, 'preview' ) );
		add_action( 'woocommerce_checkout_process', array( self::class, 'take' ) );
		add_filter( 'woocommerce_update_order_review_fragments', array( self::class, 'with_words' ) );
	}

	/**
	 * Style for both kinds of pages; the script has the classic checkout totalled anew.
	 */
	public static function add_files(): void {
		if ( is_cart() || is_checkout() ) {
			wp_enqueue_style( 'perennial-gift', plugins_url( 'assets/gift.css', FILE ), array(), VERSION );
			wp_enqueue_script( 'perennial-gift', plugins_url( 'assets/gift.js', FILE ), array( 'jquery' ), VERSION, true );
		}
	}

	/**
	 * The choice below the classic cart, with a button of its own.
	 */
	public static function show_in_cart(): void {
		$options = self::asked();
		if ( ! $options ) {
			return;
		}
		printf( '<form method="post" action="%s" class="perennial-gift-form">', esc_url( wc_get_cart_url() ) );
		wp_nonce_field( self::SAVE, self::SAVE );
		self::show_choice( $options );
		printf( '<button type="submit" class="button">%s</button></form>', esc_html__( 'Save my choice', 'perennial-loyalty' ) );
	}

	/**
	 * The choice in the classic checkout, which is one form.
	 */
	public static function show_in_checkout(): void {
		$options = self::asked();
		if ( $options ) {
			self::show_choice( $options );
		}
	}

	/**
	 * What there is to choose, unless this browser said no.
	 *
	 * @return array[]
	 */
	private static function asked(): array {
		return null === Gift_Offer::now() || Donation::is_declined() ? array() : Donation::options();
	}

	/**
	 * The classic cart's form was sent.
	 */
	public static function save(): void {
		$nonce = isset( $_POST[ self::SAVE ] ) ? sanitize_key( wp_unslash( $_POST[ self::SAVE ] ) ) : '';
		if ( '' === $nonce || ! wp_verify_nonce( $nonce, self::SAVE ) || ! WC()->cart ) {
			return;
		}
		self::choose_or_say( wp_unslash( $_POST ) );
		wp_safe_redirect( wc_get_cart_url() );
		exit;
	}

	/**
	 * The classic checkout asks for its totals again. An amount may not be written yet.
	 *
	 * @param string $form What stands in it.
	 */
	public static function preview( $form ): void {
		parse_str( (string) $form, $posted );
		if ( Gift_Offer::OWN !== ( $posted[ self::GIFT ] ?? '' ) || '' !== ( $posted[ self::OWN ] ?? '' ) ) {
			self::choose_or_say( $posted );
		}
	}

	/**
	 * The classic checkout is sent. WooCommerce has checked its nonce.
	 */
	public static function take(): void {
		self::choose_or_say( wp_unslash( $_POST ) ); // phpcs:ignore WordPress.Security.NonceVerification.Missing -- WooCommerce's own.
	}

	/**
	 * New words for a form that stands, so that no focus is lost.
	 *
	 * @param array $fragments Markup by selector.
	 * @return array
	 */
	public static function with_words( array $fragments ): array {
		if ( null === Gift_Offer::now() ) {
			return $fragments;
		}
		$fragments['#perennial-gift-said'] = self::said();
		foreach ( Donation::options() as $option ) {
			$fragments[ '#perennial-gift-' . $option['value'] ] = self::label( $option );
		}
		return $fragments;
	}

	/**
	 * What a form says, taken; a form without an answer says nothing, and what cannot be is said.
	 *
	 * @param array $posted Its fields.
	 */
	private static function choose_or_say( array $posted ): void {
		$gift = $posted[ self::GIFT ] ?? null;
		if ( null === $gift ) {
			return;
		}
		$offer = Gift_Offer::now();
		$cause = $posted[ self::CAUSE ] ?? ( $offer['causes'][0]['key'] ?? '' );
		$said  = Donation::choose( $gift, $cause, $posted['perennial_currency'] ?? '', 'form', $posted[ self::OWN ] ?? '' );
		if ( is_wp_error( $said ) ) {
			wc_add_notice( $said->get_error_message(), 'error', array( 'code' => $said->get_error_code() ) );
		} elseif ( ! headers_sent() ) {
			$is_no = Donation::NONE === $gift;
			setcookie( Donation::NO, $is_no ? '1' : '', $is_no ? time() + Donation::NO_DAYS * DAY_IN_SECONDS : 1, COOKIEPATH ? COOKIEPATH : '/' );
		}
	}

	/**
	 * The choice.
	 *
	 * @param array[] $options Of Donation::options.
	 */
	private static function show_choice( array $options ): void {
		$offer  = Gift_Offer::now();
		$chosen = Donation::chosen();
		echo '<fieldset class="perennial-gift" aria-describedby="perennial-gift-said">';
		printf( '<legend>%s</legend>', esc_html( Donation::question() ) );
		printf( '<input type="hidden" name="perennial_currency" value="%s">', esc_attr( $offer['currency'] ) );
		if ( 1 < count( $offer['causes'] ) ) {
			self::show_causes( $offer['causes'], $chosen ? $chosen['cause'] : '' );
		}
		list( $held, $written ) = Donation::held();
		foreach ( $options as $option ) {
			printf(
				'<label><input type="radio" name="%s" value="%s" data-way="%s"%s> %s</label>',
				esc_attr( self::GIFT ),
				esc_attr( $option['value'] ),
				esc_attr( $option['way'] ),
				checked( $held, $option['value'], false ),
				self::label( $option ) // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it is made.
			);
			if ( Gift_Offer::OWN === $option['value'] ) {
				self::show_own( $option['text'], $written );
			}
		}
		echo self::said(); // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- escaped where it is made.
		if ( '' !== $offer['said'] ) {
			printf( '<p class="perennial-gift-terms">%s</p>', esc_html( $offer['said'] ) );
		}
		echo '</fieldset>';
	}

	/**
	 * Where an amount is written.
	 *
	 * @param string $name    What it is.
	 * @param string $written What stands in it.
	 */
	private static function show_own( string $name, string $written ): void {
		printf(
			'<span class="perennial-gift-own"><input type="text" inputmode="decimal" autocomplete="off" dir="ltr" size="8" maxlength="12" class="input-text" name="%s" value="%s" aria-label="%s" aria-describedby="perennial-gift-bounds"> <span id="perennial-gift-bounds">%s</span></span>',
			esc_attr( self::OWN ),
			esc_attr( $written ),
			esc_attr( $name ),
			esc_html( Donation::bounds() )
		);
	}

	/**
	 * Several causes to choose from.
	 *
	 * @param array[] $causes All.
	 * @param string  $chosen The key of one.
	 */
	private static function show_causes( array $causes, string $chosen ): void {
		printf( '<label>%s <select name="%s">', esc_html__( 'For', 'perennial-loyalty' ), esc_attr( self::CAUSE ) );
		foreach ( $causes as $cause ) {
			printf(
				'<option value="%s" data-ways="%s"%s>%s</option>',
				esc_attr( $cause['key'] ),
				esc_attr( implode( ' ', array_keys( $cause['ways'] ) ) ),
				selected( $chosen, $cause['key'], false ),
				esc_html( $cause['name'] )
			);
		}
		echo '</select></label>';
	}

	/**
	 * One option's words.
	 *
	 * @param array $option Of Donation::options.
	 */
	private static function label( array $option ): string {
		$money = '' === $option['money'] ? '' : ' <bdi dir="ltr">' . esc_html( $option['money'] ) . '</bdi>';
		return sprintf( '<span id="perennial-gift-%s">%s%s</span>', esc_attr( $option['value'] ), esc_html( $option['text'] ), $money );
	}

	/**
	 * How it stands.
	 */
	private static function said(): string {
		return sprintf( '<p id="perennial-gift-said" role="status">%s</p>', esc_html( Donation::said() ) );
	}
}
