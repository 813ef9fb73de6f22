<?php
/**
 * The one page in the shop's admin: connect, confirm, how it stands.
 *
 * @package Perennial\Loyalty
 */

namespace Perennial\Loyalty;

defined( 'ABSPATH' ) || exit;

/**
 * WooCommerce > Perennial.
 */
final class Admin_Page {

	const SLUG       = 'perennial';
	const CAPABILITY = 'manage_woocommerce';

	/**
	 * Take part in what WordPress does.
	 */
	public static function hook(): void {
		add_action( 'admin_menu', array( self::class, 'add' ) );
		add_filter( 'plugin_action_links_' . plugin_basename( FILE ), array( self::class, 'links' ) );
	}

	/**
	 * The page's place in the menu.
	 */
	public static function add(): void {
		add_submenu_page(
			'woocommerce',
			__( 'Perennial', 'perennial-loyalty' ),
			__( 'Perennial', 'perennial-loyalty' ),
			self::CAPABILITY,
			self::SLUG,
			array( self::class, 'show' )
		);
	}

	/**
	 * A way from the list of plugins to our page.
	 *
	 * @param array $links What stands there.
	 * @return array
	 */
	public static function links( array $links ): array {
		$ours = sprintf( '<a href="%s">%s</a>', esc_url( self::url() ), esc_html__( 'Settings', 'perennial-loyalty' ) );
		return array_merge( array( $ours ), $links );
	}

	/**
	 * The page's address.
	 */
	public static function url(): string {
		return admin_url( 'admin.php?page=' . self::SLUG );
	}

	/**
	 * Only the shop's admin, and only by a form of this page.
	 *
	 * @param string $act What is wanted.
	 */
	public static function check( string $act ): void {
		if ( ! current_user_can( self::CAPABILITY ) ) {
			wp_die( esc_html__( 'You may not do this.', 'perennial-loyalty' ), 403 );
		}
		check_admin_referer( "perennial_$act" );
	}

	/**
	 * Back to the page, with what there is to say.
	 *
	 * @param string $said A code of what happened.
	 */
	public static function go( string $said ): void {
		wp_safe_redirect( add_query_arg( 'said', sanitize_key( $said ), self::url() ) );
		exit;
	}

	/**
	 * Print the page.
	 */
	public static function show(): void {
		$said  = isset( $_GET['said'] ) ? sanitize_key( wp_unslash( $_GET['said'] ) ) : ''; // phpcs:ignore WordPress.Security.NonceVerification.Recommended -- a sentence, nothing else.
		$state = (string) Settings::get( 'state', '' );
		echo '<div class="wrap"><h1>' . esc_html__( 'Perennial', 'perennial-loyalty' ) . '</h1>';
		self::say( $said );
		if ( 'paired' === $state ) {
			self::show_standing( 'not_parted' === $said );
		} elseif ( 'offered' === $state ) {
			self::show_offer();
		} else {
			self::show_start();
		}
		echo '</div>';
	}

	/**
	 * Not connected: what it is, and the one button.
	 */
	private static function show_start(): void {
		echo '<p>' . esc_html__( 'Perennial gives your shoppers points, levels and rewards, and works from your orders. When you connect, it reads this shop’s orders, customers and products.', 'perennial-loyalty' ) . '</p>';
		self::open_form( 'connect' );
		if ( '' === Settings::service() ) {
			printf(
				'<p><label for="perennial-service">%s</label><br><input type="url" id="perennial-service" name="service" class="regular-text code" dir="ltr" placeholder="https://" required></p>',
				esc_html__( 'Address of your Perennial', 'perennial-loyalty' )
			);
		}
		self::close_form( __( 'Connect this shop', 'perennial-loyalty' ), true );
	}

	/**
	 * Offered: whom the shop would join.
	 */
	private static function show_offer(): void {
		echo '<h2>' . esc_html__( 'Is this your account?', 'perennial-loyalty' ) . '</h2><p>';
		printf(
			/* translators: 1: name of the account, 2: address of the service. */
			esc_html__( 'This shop joins the account %1$s at %2$s.', 'perennial-loyalty' ),
			'<strong>' . esc_html( (string) Settings::get( 'account', '' ) ) . '</strong>',
			'<code dir="ltr">' . esc_html( Settings::service() ) . '</code>'
		);
		echo '</p>';
		self::open_form( 'confirm' );
		self::close_form( __( 'Yes, connect', 'perennial-loyalty' ), true );
		self::open_form( 'refuse' );
		self::close_form( __( 'No, forget it', 'perennial-loyalty' ), false );
	}

	/**
	 * Connected: how it stands, the way in, the way out.
	 *
	 * @param bool $is_unheard Whether the service could just not be told that the shop goes.
	 */
	private static function show_standing( bool $is_unheard ): void {
		$told   = Wire::ask( 'status', Pairing::versions() );
		$failed = is_wp_error( $told );
		if ( $failed ) {
			self::notice( 'error', self::words( $told->get_error_code() ) );
			$told = array();
		} else {
			Pairing::keep( $told );
		}
		self::open_form( 'enter', '_blank' );
		self::close_form( __( 'Open Perennial', 'perennial-loyalty' ), true );
		echo '<table class="widefat striped" style="max-width:48em"><tbody>';
		self::row( __( 'Account', 'perennial-loyalty' ), (string) Settings::get( 'account', '' ) );
		self::row( __( 'Service', 'perennial-loyalty' ), Settings::service() );
		self::row( __( 'Last news from this shop', 'perennial-loyalty' ), $failed ? self::unknown() : self::ago( $told['last_event_at'] ?? null ) );
		self::row( __( 'Orders last compared', 'perennial-loyalty' ), $failed ? self::unknown() : self::ago( $told['reconciled_at'] ?? null ) );
		self::row( __( 'Webhooks', 'perennial-loyalty' ), self::webhooks() );
		$trouble = empty( $told['problem'] ) ? __( 'None', 'perennial-loyalty' ) : self::words( (string) $told['problem'] );
		self::row( __( 'Trouble', 'perennial-loyalty' ), $failed ? self::unknown() : $trouble );
		/* translators: 1: version of the plugin, 2: version of the service. */
		self::row( __( 'Versions', 'perennial-loyalty' ), sprintf( __( 'plugin %1$s, service %2$s', 'perennial-loyalty' ), VERSION, (string) ( $told['service'] ?? '?' ) ) );
		echo '</tbody></table>';
		self::open_form( 'rotate' );
		self::close_form( __( 'Change the secrets', 'perennial-loyalty' ), false );
		self::open_form( 'disconnect' );
		if ( $is_unheard ) {
			echo '<input type="hidden" name="force" value="1">';
		}
		self::close_form( $is_unheard ? __( 'Disconnect without telling the service', 'perennial-loyalty' ) : __( 'Disconnect this shop', 'perennial-loyalty' ), false );
	}

	/**
	 * How many of the service's webhooks live.
	 */
	private static function webhooks(): string {
		$alive = 0;
		$all   = 0;
		foreach ( \WC_Data_Store::load( 'webhook' )->search_webhooks( array( 'limit' => 100 ) ) as $id ) {
			$webhook = wc_get_webhook( $id );
			if ( $webhook && 0 === strpos( $webhook->get_delivery_url(), Settings::service() . '/' ) ) {
				++$all;
				$alive += 'active' === $webhook->get_status() ? 1 : 0;
			}
		}
		if ( 0 === $all ) {
			return __( 'Not made yet', 'perennial-loyalty' ); // They are made after the shop has connected.
		}
		/* translators: 1: webhooks that work, 2: all of them. */
		return sprintf( __( '%1$s of %2$s work', 'perennial-loyalty' ), number_format_i18n( $alive ), number_format_i18n( $all ) );
	}

	/**
	 * What is said of a thing only the service knows, while it does not answer.
	 */
	private static function unknown(): string {
		return __( 'Not known: the service did not answer', 'perennial-loyalty' );
	}

	/**
	 * A time as people say it.
	 *
	 * @param string|null $at ISO 8601.
	 */
	private static function ago( ?string $at ): string {
		$time = $at ? strtotime( $at ) : false;
		if ( false === $time ) {
			return __( 'Not yet', 'perennial-loyalty' );
		}
		/* translators: %s: a length of time, such as "5 minutes". */
		return sprintf( __( '%s ago', 'perennial-loyalty' ), human_time_diff( $time ) );
	}

	/**
	 * One line of the table.
	 *
	 * @param string $name  What it is.
	 * @param string $value How it stands.
	 */
	private static function row( string $name, string $value ): void {
		printf( '<tr><th scope="row">%s</th><td>%s</td></tr>', esc_html( $name ), esc_html( $value ) );
	}

	/**
	 * Begin a form that only this page can send.
	 *
	 * @param string $act    What it does.
	 * @param string $target Where its answer opens.
	 */
	private static function open_form( string $act, string $target = '_self' ): void {
		printf( '<form method="post" action="%s" target="%s" style="margin-block:1em">', esc_url( admin_url( 'admin-post.php' ) ), esc_attr( $target ) );
		printf( '<input type="hidden" name="action" value="%s">', esc_attr( "perennial_$act" ) );
		wp_nonce_field( "perennial_$act" );
	}

	/**
	 * End it with its button.
	 *
	 * @param string $words      What the button says.
	 * @param bool   $is_primary Whether it is the page's main one.
	 */
	private static function close_form( string $words, bool $is_primary ): void {
		printf( '<button class="button %s">%s</button></form>', $is_primary ? 'button-primary' : '', esc_html( $words ) );
	}

	/**
	 * Say what happened.
	 *
	 * @param string $code The code.
	 */
	private static function say( string $code ): void {
		$good = array(
			'connected'    => __( 'Connected. Your shop’s history is being read.', 'perennial-loyalty' ),
			'disconnected' => __( 'Disconnected. Nothing is sent any more.', 'perennial-loyalty' ),
			'refused'      => __( 'Forgotten. The shop is not connected.', 'perennial-loyalty' ),
			'is_connected' => __( 'The shop is connected already, and stays so.', 'perennial-loyalty' ),
			'rotated'      => __( 'The secrets are new.', 'perennial-loyalty' ),
		);
		if ( isset( $good[ $code ] ) ) {
			self::notice( 'success', $good[ $code ] );
		} elseif ( '' !== $code ) {
			self::notice( 'error', self::words( $code ) );
		}
	}

	/**
	 * A notice of this page.
	 *
	 * @param string $kind  success or error.
	 * @param string $words What it says.
	 */
	private static function notice( string $kind, string $words ): void {
		printf( '<div class="notice notice-%s"><p>%s</p></div>', esc_attr( $kind ), esc_html( $words ) );
	}

	/**
	 * What a code means to the shop's admin.
	 *
	 * @param string $code A stable code of ours or of the service.
	 */
	private static function words( string $code ): string {
		$known = array(
			'no_service'    => __( 'Give the address of your Perennial.', 'perennial-loyalty' ),
			'not_parted'    => __( 'The service could not be told that the shop leaves, so it is still connected. Try again in a minute.', 'perennial-loyalty' ),
			'not_told'      => __( 'The service could not be told. Try again in a minute.', 'perennial-loyalty' ),
			'bad_signature' => __( 'The service does not know this shop’s secret any more. Connect again.', 'perennial-loyalty' ),
			'not_ready'     => __( 'This offer is too old. Connect again.', 'perennial-loyalty' ),
			'disconnected'  => __( 'The account has disconnected this shop. Connect again.', 'perennial-loyalty' ),
			'not_connected' => __( 'This shop is not connected.', 'perennial-loyalty' ),
			'expired'       => __( 'The clock of this server is wrong by more than five minutes.', 'perennial-loyalty' ),
		);
		if ( in_array( $code, array( 'http_request_failed', 'no_answer' ), true ) ) {
			return __( 'The service could not be reached. Try again in a minute.', 'perennial-loyalty' );
		}
		/* translators: %s: a short code for support. */
		return $known[ $code ] ?? sprintf( __( 'The service did not answer as it should (%s). Try again in a minute.', 'perennial-loyalty' ), $code );
	}
}
