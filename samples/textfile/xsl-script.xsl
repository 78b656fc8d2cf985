<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:ms="urn:schemas-microsoft-com:xslt"><ms:script language="JScript">KIYOME-HARM-msxsl</ms:script><xsl:template match="/">本文</xsl:template></xsl:stylesheet>
